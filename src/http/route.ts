import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Engine } from '../engine.js';
import type { Scope } from '../tokens/scopes.js';
import { errorBody } from './error-answer.js';

/** Schemas of the routes are zod's. */
export const withZod = (app: FastifyInstance) => app.withTypeProvider<ZodTypeProvider>();

/** Adds the routes of one capability. */
export type Routes = (app: ReturnType<typeof withZod>, engine: Engine) => void;

/** What a token must be good for to call the route. */
export const scope = (letheScope: Scope | 'public') => ({ config: { letheScope } });

/** What a route answers, and what it answers when something is wrong. */
export const answering = <Schema extends z.ZodType>(schema: Schema) => ({ 200: schema, default: errorBody });
export const making = <Schema extends z.ZodType>(schema: Schema) => ({ 201: schema, default: errorBody });
