import { z } from 'zod';
import { findOrder, listOrder, ticketFilter } from '../tickets/list-inputs.js';
import { ticketName, ticketRef } from './addresses.js';
import { shown, ticketList, ticketView } from './answers.js';
import { callBy } from './caller.js';
import { answering, scope, type Routes } from './route.js';

/** As an address has it: words, no nesting, nothing that is of a person. */
const query = z.strictObject({
  ...ticketFilter.shape,
  sort: listOrder.shape.sort.optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
  after: listOrder.shape.after,
  count: z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' }).optional(),
});

/** What may be read of tickets. */
export const readingRoutes: Routes = (app, { tickets }) => {
  app.get(
    '/tickets/:ticket',
    {
      ...scope('tickets:read'),
      schema: {
        operationId: 'readTicket',
        summary: 'A ticket with everything in it that the policies show',
        params: z.strictObject({ ticket: ticketName }),
        response: answering(ticketView),
      },
    },
    (request) => tickets.read(callBy(request), ticketRef(request.params.ticket)),
  );
  app.get(
    '/tickets',
    {
      ...scope('tickets:read'),
      schema: {
        operationId: 'listTickets',
        summary: 'Tickets that may be listed for the purpose, page by page',
        querystring: query,
        response: answering(ticketList),
      },
    },
    (request) => {
      const { sort, limit, after, count, ...filter } = request.query;
      return tickets.list(callBy(request), { filter, sort, limit, after, count });
    },
  );
  app.post(
    '/tickets/find',
    {
      ...scope('tickets:read'),
      schema: {
        operationId: 'findTickets',
        summary: 'By number, by their customer, or by a text: in a body, because addresses are logged',
        description: 'Where texts are stored encrypted they are not searched: 400 with `search_encrypted`.',
        body: findOrder,
        response: answering(z.array(shown).readonly()),
      },
    },
    (request) => tickets.find(callBy(request), request.body),
  );
};
