import { z } from 'zod';

/** A key in an address: addresses are logged by what stands in front of us, so they hold numbers and ids, never data of a person. */
export const key = z.string().regex(/^[1-9]\d{0,18}$/);

/** A ticket in an address: by its key (77) or its number (T-2026-000077). */
export const ticketName = z
  .string()
  .regex(/^([1-9]\d{0,18}|[A-Z][A-Z0-9]{0,9}-[0-9-]{1,29})$/)
  .describe('its key (77) or its number (T-2026-000077)');

/** The ticket as the engine is asked for it. */
export const ticketRef = (name: string): string => (/^\d/.test(name) ? `ticket/${name}` : name);
