import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ContentStream } from '../tickets/read-content.js';
import { key } from './addresses.js';
import { callBy } from './caller.js';
import { errorBody } from './error-answer.js';
import { scope, type Routes } from './route.js';

/** Bytes as they are stored. */
const bytes = { content: { 'application/octet-stream': { schema: z.any() } } };

const PLAIN_TYPE = /^[\w.+-]+\/[\w.+-]+/;

/** What somebody sent in is for saving, and never shown as a page of this server. */
async function sendBytes(
  reply: FastifyReply,
  { size, pieces, mediaType }: ContentStream,
): Promise<FastifyReply> {
  return reply
    .header('content-type', PLAIN_TYPE.exec(mediaType)?.[0] ?? 'application/octet-stream')
    .header('content-length', size) // whoever gets less knows that it was cut off
    .header('content-disposition', 'attachment')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .send(Readable.from(pieces, { objectMode: false }));
}

/** The bytes of files and recordings. */
export const contentRoutes: Routes = (app, { tickets }) => {
  for (const part of ['attachment', 'recording'] as const)
    app.get(
      `/${part}s/:key/content`,
      {
        ...scope('tickets:read'),
        schema: {
          operationId: `${part}Content`,
          summary: 'Its bytes, for whom the policies show them in full',
          params: z.strictObject({ key }),
          response: { 200: bytes, default: errorBody },
        },
      },
      async (request, reply) =>
        sendBytes(reply, await tickets[`${part}Stream`](callBy(request), `${part}/${request.params.key}`)),
    );
};
