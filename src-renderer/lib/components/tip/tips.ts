/** Tips that teach: what a control does to a vocal, shown by tip-layer.svelte while it is pointed at or focused. */
import type { Attachment } from 'svelte/attachments';

export interface Tip {
  /** The control's name. */
  readonly title: string;
  /** One sentence. */
  readonly text?: string | undefined;
  /** As a person reads it. */
  readonly shortcut?: string | undefined;
}

const tips = new WeakMap<Element, () => Tip>();

/** `<div {@attach tip(() => ({ title, text }))}>`. Asked whenever it is shown. */
export function tip(content: () => Tip): Attachment {
  return (element) => {
    tips.set(element, content);
    return () => {
      tips.delete(element);
    };
  };
}

/** The tip of an element or of what it lies in. */
export function tipAt(target: EventTarget | null): { element: Element; tip: Tip } | null {
  for (let element = target instanceof Element ? target : null; element; element = element.parentElement) {
    const content = tips.get(element);
    if (content) return { element, tip: content() };
  }
  return null;
}
