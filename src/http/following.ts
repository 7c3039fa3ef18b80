import { z } from 'zod';
import { followRequest, proofRequest } from '../tickets/follow.js';
import { ticketView } from './answers.js';
import { answering, making, scope, type Routes } from './route.js';

const requested = z.object({ sent: z.string().describe('the same, whatever was asked') });

/**
 * A customer's own ticket, by its number and proof of their address. The token is the portal's that serves them: without one
 * anybody could have mail sent to a customer.
 */
export const followingRoutes: Routes = (app, { tickets }) => {
  app.post(
    '/follow',
    {
      ...scope('tickets:follow'),
      schema: {
        operationId: 'requestProof',
        summary: 'Has a proof sent to the address, if it is that of the ticket’s customer',
        body: proofRequest,
        response: making(requested),
      },
    },
    async (request, reply) => reply.code(201).send(await tickets.requestProof(request.body)),
  );
  app.post(
    '/follow/read',
    {
      ...scope('tickets:follow'),
      schema: {
        operationId: 'followTicket',
        summary: 'The ticket as its customer sees it, with the proof that came to their address',
        body: followRequest,
        response: answering(ticketView.omit({ withheld: true })),
      },
    },
    (request) => tickets.follow(request.body),
  );
};
