import { mount } from 'svelte';
import { openHost } from './host/host.ts';
import { Application } from './lib/state/application.svelte.ts';
import './styles/tokens.css';
import './styles/base.css';
import App from './views/app.svelte';

const host = await openHost((kind, suggested) => application.askName(kind, suggested));
const application = new Application(host);
mount(App, { target: document.querySelector('#app')!, props: { application } });
