import { inspect } from 'node:util';
import type { LightMyRequestResponse } from 'fastify';
import { expect } from 'chai';
import { ERROR_CODES } from '../../src/core/error-codes.js';
import { seededRandom, type NonEmpty } from '../../src/demo/random.js';
import type { Admin } from '../support/database.js';
import { checksums, closeDesks, isSoak } from '../support/small-desk.js';
import { asInjected, hostileCall, type RawCall } from './hostile-calls.js';
import { MARKERS, serveDesk, type ServedDesk } from './served-desk.js';

const CALLS = isSoak ? 10_000 : 1_000;
const SEED = 20_261_121;

/** What a refused call may leave behind: that it was denied, and that a proof was tried. */
const LEAVES = ['lethe.access_log', 'lethe.ticket_proof'];

/** Writes down every row that changes, and forgets it when the transaction is rolled back. */
async function watchTables(admin: Admin): Promise<readonly string[]> {
  const rows = await admin<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_tables where schemaname in ('desk', 'lethe') order by 1`,
  );
  const names = rows.map(({ name }) => name).filter((name) => !LEAVES.includes(name));
  await admin(`create table public.changed (name text);
    create function public.note_change() returns trigger language plpgsql as $$
      begin insert into public.changed values (tg_table_schema || '.' || tg_table_name); return null; end $$;
    ${names.map((name) => `create trigger watched after insert or update or delete on ${name} for each row execute function public.note_change();`).join('\n')}`);
  return names;
}

const changesIn = async (admin: Admin): Promise<readonly string[]> =>
  (
    await admin<{ name: string }>(
      'with gone as (delete from public.changed returning name) select name from gone',
    )
  ).map(({ name }) => name);

/** What is wrong with an answer; null: nothing. */
function faultOf(
  { statusCode, headers, body }: LightMyRequestResponse,
  { method, url }: RawCall,
): string | null {
  if (statusCode >= 500) return `status ${statusCode}`;
  if (isElsewhere(url)) return statusCode >= 400 ? null : 'a way around the prefix';
  if (statusCode < 400) return null;
  if (headers['cache-control'] !== 'no-store' && statusCode !== 400 && statusCode !== 404)
    return 'may be cached';
  if (method === 'HEAD') return null;
  const { error, ...rest } = JSON.parse(body) as { error: string };
  if (!Object.hasOwn(ERROR_CODES, error)) return `unknown code ${error}`;
  if (Object.keys(rest).join() !== 'message') return 'more than a code and words';
  const marker = MARKERS.find((one) => body.toLowerCase().includes(one.toLowerCase()));
  return marker === undefined ? null : `repeats ${marker}`;
}

/** Dots lead out of the routes: the application answers then. */
function isElsewhere(url: string): boolean {
  const { pathname } = new URL(url, 'http://desk.example');
  return !/^\/desk(\/|$)/.test(pathname);
}

describe('hostile calls of the HTTP routes', () => {
  let served: ServedDesk;
  before(async () => {
    served = await serveDesk();
  });
  after(async () => {
    await served.app.close();
    await closeDesks();
  });

  it(`never end in a failure of ours, and a refused one changes nothing (${CALLS} calls)`, async function () {
    this.timeout(isSoak ? 0 : 60_000);
    const { app, desk, token, log } = served;
    const secrets: NonEmpty<string> = [
      await token(),
      await token({ purposes: ['dpv:CustomerCare', 'dpv:DirectMarketing'] }),
      await token({ roles: ['nobody'] }),
      await token({ scopes: ['tickets:read'] }),
      await token({ actor: 'customer/4', roles: ['customer'] }),
      await token({ actor: 'service/portal' }),
    ];
    for (const secret of secrets) await served.engine.tokens.find(secret); // used today already
    const tables = await watchTables(desk.admin);
    const desks = tables.filter((name) => name.startsWith('desk.'));
    let before = await checksums(desk.admin, desks);
    const random = seededRandom(SEED);
    const statuses = new Map<number, number>();
    for (let n = 0; n < CALLS; n += 1) {
      const call = hostileCall(random, secrets);
      const response = await app.inject(asInjected(call));
      statuses.set(response.statusCode, (statuses.get(response.statusCode) ?? 0) + 1);
      expect(faultOf(response, call), `call ${n}: ${inspect(call)} ${response.body}`).to.equal(null);
      const changed = await changesIn(desk.admin);
      if (response.statusCode >= 300)
        expect(changed, `call ${n}: ${inspect(call)} ${response.body}`).to.deep.equal([]);
      else if (changed.length > 0) before = await checksums(desk.admin, desks);
    }
    expect(await checksums(desk.admin, desks)).to.deep.equal(before);
    // neither all good nor all refused at the door
    for (const status of [200, 201, 400, 401, 403, 404])
      expect(statuses.get(status) ?? 0, `${status}`).to.be.above(CALLS / 500);
    for (const marker of [...MARKERS, ...secrets])
      expect(log().toLowerCase()).not.to.include(marker.toLowerCase());
  });
});
