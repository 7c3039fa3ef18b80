import { fastifySwagger } from '@fastify/swagger';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { PURPOSES } from '../policy/purposes.js';
import { PURPOSE_HEADER } from './caller.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The description of Lethe's routes alone, whatever else the application describes. */
    letheOpenapi: () => object;
  }
}

const purposeHeader = {
  type: 'object',
  properties: {
    [PURPOSE_HEADER]: {
      type: 'string',
      enum: PURPOSES,
      description: 'the purpose of the call; it may be left out where the token has one only',
    },
  },
};

type Transform = typeof jsonSchemaTransform;

/** The zod schemas of a route, and what its scope means for a caller. */
const transform: Transform = (given) => {
  const { schema, url } = jsonSchemaTransform(given);
  const scope = given.route.config?.letheScope ?? 'public';
  if (scope === 'public') return { schema: { ...schema, security: [] }, url };
  const described: FastifySchema = {
    ...schema,
    headers: purposeHeader,
    security: [{ token: [] }],
    description: `A token with the scope ${scope}.`,
  };
  return { schema: described, url };
};

/** To be called before the routes are: describes each, and answers with the whole at /openapi.json. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    decorator: 'letheOpenapi',
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Lethe', description: 'A help desk behind its privacy policies', version: '1' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform,
  });
  app.get('/openapi.json', { config: { letheScope: 'public' }, schema: { hide: true } }, () =>
    app.letheOpenapi(),
  );
}

/** A route that says nothing of who may call it must not come to be. */
export function requireScope({ url, config }: RouteOptions): void {
  if (config?.letheScope === undefined) throw new TypeError(`route ${url} says nothing of its scope`);
}
