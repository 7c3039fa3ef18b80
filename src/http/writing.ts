import { z } from 'zod';
import {
  assignInput,
  changeInput,
  forwardInput,
  linkInput,
  openInput,
  replyInput,
} from '../tickets/write-inputs.js';
import { key } from './addresses.js';
import { stored, written } from './answers.js';
import { callBy } from './caller.js';
import { FILES_LIMIT, filesOf, sentFiles } from './files.js';
import { answering, making, scope, type Routes } from './route.js';

// The ticket is in the address. What these inputs ask of the whole, the engine asks again.
const attachments = sentFiles.optional();
const message = z.strictObject(replyInput.shape).omit({ ticket: true }).extend({ attachments });
const ofTicket = { params: z.strictObject({ ticket: key }) };
const writes = scope('tickets:write');
const named = ({ params }: { readonly params: { readonly ticket: string } }) => ({
  ticket: `ticket/${params.ticket}`,
});

const opened = z.object({ ticket: z.string(), number: z.string(), message: z.string(), ...stored });
const assigned = z.object({ ticket: z.string(), agent: z.string().nullable() });
const changed = z.object({ ticket: z.string(), status: z.string() });
const linked = z.object({ ticket: z.string(), to: z.string(), linked: z.boolean() });
const forwarded = z.object({
  ticket: z.string(),
  recipient: z.string(),
  activity: z.string(),
  categories: z.array(z.string()).readonly(),
});

/** Opening tickets and working on them. */
export const writingRoutes: Routes = (app, { tickets }) => {
  app.post(
    '/tickets',
    {
      ...writes,
      bodyLimit: FILES_LIMIT,
      schema: {
        operationId: 'openTicket',
        summary: 'A new ticket, with its number at once',
        body: openInput.extend({ attachments }),
        response: making(opened),
      },
    },
    async (request, reply) => {
      const { attachments: files, ...order } = request.body;
      const made = await tickets.open(callBy(request), { ...order, attachments: filesOf(files) });
      return reply.code(201).send(made);
    },
  );
  for (const [deed, path, summary] of [
    ['reply', 'replies', 'A message that the customer sees'],
    ['note', 'notes', 'A message that only the desk sees'],
  ] as const)
    app.post(
      `/tickets/:ticket/${path}`,
      {
        ...writes,
        bodyLimit: FILES_LIMIT,
        schema: {
          operationId: `${deed}Ticket`,
          summary,
          ...ofTicket,
          body: message,
          response: making(written),
        },
      },
      async (request, reply) => {
        const { attachments: files, ...order } = request.body;
        const sent = { ...named(request), ...order, attachments: filesOf(files) };
        return reply.code(201).send(await tickets[deed](callBy(request), sent));
      },
    );
  app.post(
    '/tickets/:ticket/assignment',
    {
      ...writes,
      schema: {
        operationId: 'assignTicket',
        summary: 'To an agent, or to nobody',
        ...ofTicket,
        body: z.strictObject(assignInput.shape).omit({ ticket: true }),
        response: answering(assigned),
      },
    },
    (request) => tickets.assign(callBy(request), { ...named(request), ...request.body }),
  );
  app.post(
    '/tickets/:ticket/changes',
    {
      ...writes,
      schema: {
        operationId: 'changeTicket',
        summary: 'Status, priority or category',
        ...ofTicket,
        body: z.strictObject(changeInput.shape).omit({ ticket: true }),
        response: answering(changed),
      },
    },
    (request) => tickets.change(callBy(request), { ...named(request), ...request.body }),
  );
  app.post(
    '/tickets/:ticket/links',
    {
      ...writes,
      schema: {
        operationId: 'linkTickets',
        summary: 'To another ticket: as its duplicate, its parent, or related to it',
        ...ofTicket,
        body: z.strictObject(linkInput.shape).omit({ ticket: true }),
        response: answering(linked),
      },
    },
    (request) => tickets.link(callBy(request), { ...named(request), ...request.body }),
  );
  app.post(
    '/tickets/:ticket/forwards',
    {
      ...writes,
      schema: {
        operationId: 'forwardTicket',
        summary: 'Records what goes to which recipient; sending it is the application’s',
        ...ofTicket,
        body: z.strictObject(forwardInput.shape).omit({ ticket: true }),
        response: making(forwarded),
      },
    },
    async (request, reply) =>
      reply.code(201).send(await tickets.forward(callBy(request), { ...named(request), ...request.body })),
  );
};
