import { z } from 'zod';
import { LANGUAGES } from '../policy/languages.js';
import { channel } from '../tickets/write-inputs.js';
import { REPORT_FORMATS } from '../transparency/report-format.js';
import { callBy } from './caller.js';
import { errorBody } from './error-answer.js';
import { making, scope, type Routes } from './route.js';

const language = z.enum(LANGUAGES);
const document = {
  content: Object.fromEntries(
    ['text/html', 'application/pdf', 'application/json', 'text/plain'].map((type) => [
      type,
      { schema: z.any() },
    ]),
  ),
};

const shownNotice = z.object({
  digest: z.string().describe('to be handed in with the ticket that is opened then'),
  html: z.string(),
});

/** What people are told (GDPR Art. 13, 14): everybody may read it, also before they are anybody's customer. */
export const noticeRoutes: Routes = (app, { reports }) => {
  app.get(
    '/privacy-notice',
    {
      ...scope('public'),
      schema: {
        operationId: 'privacyNotice',
        summary: 'The privacy notice for who comes by a channel, as it is in force now',
        querystring: z.strictObject({
          channel,
          language,
          format: z.enum(REPORT_FORMATS).default('html'),
        }),
        response: { 200: document, default: errorBody },
      },
    },
    async (request, reply) => {
      const { digest, mediaType, content } = await reports.privacyNotice(request.query);
      return reply
        .header('content-type', mediaType)
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
        .header('lethe-notice', digest)
        .send(content);
    },
  );
  app.post(
    '/privacy-notices',
    {
      ...scope('tickets:write'),
      schema: {
        operationId: 'showNotice',
        summary:
          'For whoever is about to be shown the notice: keeps its text, so that it can be shown what it said',
        body: z.strictObject({ channel, language }),
        response: making(shownNotice),
      },
    },
    async (request, reply) => {
      const by = { name: callBy(request).actor.id, assurance: 'authenticated' } as const;
      const { digest, content } = await reports.showNotice({ ...request.body, format: 'html' }, by);
      return reply.code(201).send({ digest, html: content.toString('utf8') });
    },
  );
};
