/**
 * Keeps zod from compiling its schemas with `new Function`, which the window's content security policy forbids. Schemas
 * decide that when they are made, so this has to be imported before any of them.
 */
import { z } from 'zod';

z.config({ jitless: true });
