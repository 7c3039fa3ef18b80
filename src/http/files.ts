import { z } from 'zod';
import { MOST_FILE_BYTES } from '../tickets/write-inputs.js';

const MOST_CHARACTERS = 4 * Math.ceil(MOST_FILE_BYTES / 3);

/** A file in a JSON body: its name may tell of a person, so it has no place in an address or a header. */
export const sentFile = z.strictObject({
  fileName: z.string().min(1).max(255),
  mediaType: z.string().min(1).max(200),
  content: z
    .string()
    .max(MOST_CHARACTERS)
    .regex(/^[A-Za-z0-9+/]*={0,2}$/)
    .describe('base64'),
});
export const sentFiles = z.array(sentFile).max(20);

export const filesOf = (sent: z.infer<typeof sentFiles> = []) =>
  sent.map(({ content, ...file }) => ({ ...file, content: new Uint8Array(Buffer.from(content, 'base64')) }));

/** One file of the largest size, and what is around it. */
export const FILES_LIMIT = MOST_CHARACTERS + 256 * 1024;
