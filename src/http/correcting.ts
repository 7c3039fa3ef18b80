import { z } from 'zod';
import { tasksInput } from '../tickets/tasks.js';
import { attachInput, correctInput, redactInput, stateInput } from '../tickets/write-inputs.js';
import { key } from './addresses.js';
import { stored } from './answers.js';
import { callBy } from './caller.js';
import { FILES_LIMIT, filesOf, sentFiles } from './files.js';
import { answering, making, scope, type Routes } from './route.js';

const writes = scope('tickets:write');
const byKey = { params: z.strictObject({ key }) };

const attached = z.object({ attachments: z.array(z.string()).readonly(), ...stored });
const flagged = z.object({ message: z.string(), flagged: z.boolean() });
const redacted = z.object({ record: z.string(), quarantine: z.string(), copy: z.string().nullable() });
const stated = z.object({ statement: z.string(), record: z.string(), ...stored });
const corrected = z.object({
  customer: z.string(),
  field: z.string(),
  rectification: z.string(),
  tasks: z.array(z.string()).readonly().describe('recipients to be told (GDPR Art. 19)'),
});
const task = z.object({
  id: z.string(),
  kind: z.string(),
  subject: z.string(),
  field: z.string(),
  rectification: z.string().nullable(),
  activity: z.string().nullable(),
  recipient: z.string().nullable(),
  state: z.enum(['open', 'done']),
  madeAt: z.string(),
  doneAt: z.string().nullable(),
});

/** Messages and their files; what is wrong, what should not be there, and what a person states about it. */
export const correctingRoutes: Routes = (app, { tickets }) => {
  app.post(
    '/messages/:key/attachments',
    {
      ...writes,
      bodyLimit: FILES_LIMIT,
      schema: {
        operationId: 'attachFiles',
        summary: 'Files to a message',
        ...byKey,
        body: z.strictObject({
          files: sentFiles.min(1),
          channel: attachInput.shape.channel,
          source: attachInput.shape.source,
        }),
        response: making(attached),
      },
    },
    async (request, reply) => {
      const { files, ...order } = request.body;
      const sent = { message: `message/${request.params.key}`, ...order, files: filesOf(files) };
      return reply.code(201).send(await tickets.attach(callBy(request), sent));
    },
  );
  app.post(
    '/messages/:key/sensitive',
    {
      ...writes,
      schema: {
        operationId: 'flagSensitive',
        summary: 'Says that a message holds special categories of data: fewer people read it then',
        ...byKey,
        response: answering(flagged),
      },
    },
    (request) => tickets.flagSensitive(callBy(request), { message: `message/${request.params.key}` }),
  );
  app.post(
    '/redactions',
    {
      ...writes,
      schema: {
        operationId: 'redact',
        summary: 'Takes a message or a file out of every reading at once; a plan disposes of it then',
        body: redactInput,
        response: making(redacted),
      },
    },
    async (request, reply) => reply.code(201).send(await tickets.redact(callBy(request), request.body)),
  );
  app.post(
    '/customers/:key/corrections',
    {
      ...writes,
      schema: {
        operationId: 'correctCustomer',
        summary: 'Corrects what is stored of a customer wherever it is (GDPR Art. 16)',
        ...byKey,
        body: correctInput.omit({ customer: true }),
        response: making(corrected),
      },
    },
    async (request, reply) => {
      const order = { customer: `customer/${request.params.key}`, ...request.body };
      return reply.code(201).send(await tickets.correct(callBy(request), order));
    },
  );
  for (const record of ['ticket', 'message', 'customer'] as const)
    app.post(
      `/${record}s/:key/statements`,
      {
        ...writes,
        schema: {
          operationId: `stateOn_${record}`,
          summary: 'What a person states about it (GDPR Art. 16): shown wherever it is shown',
          ...byKey,
          body: stateInput.omit({ record: true }),
          response: making(stated),
        },
      },
      async (request, reply) => {
        const order = { record: `${record}/${request.params.key}`, ...request.body };
        return reply.code(201).send(await tickets.state(callBy(request), order));
      },
    );
  app.get(
    '/tasks',
    {
      ...scope('tickets:read'),
      schema: {
        operationId: 'listTasks',
        summary: 'What is still to be done about corrections',
        querystring: tasksInput,
        response: answering(z.array(task).readonly()),
      },
    },
    (request) => tickets.tasks(callBy(request), request.query),
  );
};
