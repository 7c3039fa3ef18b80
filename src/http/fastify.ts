/** `lethe/fastify` */
export { lethe, type LetheOptions } from './lethe.js';
export { serverOptions } from './server-options.js';
