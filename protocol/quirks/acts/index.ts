/** The acts of all quirks that encoding can reproduce, by id. */
import type { Acts } from '../quirk.ts';
import { arrays } from './arrays.ts';
import { events } from './events.ts';
import { header } from './header.ts';
import { names } from './names.ts';
import { namespaces } from './namespaces.ts';
import { values } from './values.ts';
import { watched } from './watched.ts';

export const ACTS = {
  ...namespaces,
  ...arrays,
  ...header,
  ...names,
  ...values,
  ...events,
  ...watched,
} as const satisfies Acts;
