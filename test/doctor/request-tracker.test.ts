import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Instant } from '../../src/core/instant.js';
import { closeDesks, column, openDesk, type Json } from '../support/small-desk.js';
import { findings, lines } from './desk.js';

const DATA = fileURLToPath(new URL('../../../shared/data/request-tracker/rt5.sql.gz', import.meta.url));
const json = (path: string): Json =>
  JSON.parse(readFileSync(new URL(`../../policies/${path}`, import.meta.url), 'utf8')) as Json;

/** A day after the instant for which the rule by hand takes 479 tickets. */
const NOW = '2026-11-22T00:00:00.000000Z' as Instant;

/** Old tickets that were never closed, and old closed ones the rule is not about, counted by hand. */
const TICKET =
  "type = 'ticket' and effectiveid = id and coalesce(ismerged, 0) = 0 and created <= '2025-11-22'";
const NEVER_CLOSED = `select count(*) from tickets where ${TICKET} and resolved <= '1970-01-01' and status <> 'resolved'`;
const TOO_OLD = `select count(*) from tickets t where ${TICKET} and resolved > '1970-01-01' and resolved <= '2022-11-22'
  and (status <> 'resolved' or exists (
    select from links l join tickets b on b.id = l.localbase or l.base = 'fsck.com-rt://lab.example/ticket/' || b.id
    where b.id <> t.id and b.status in ('new', 'open', 'stalled')
      and (l.localtarget = t.id or l.target = 'fsck.com-rt://lab.example/ticket/' || t.id)))`;

describe('coverage of Request Tracker', () => {
  afterEach(closeDesks);

  it('finds the backlog, the tickets nothing ends and the tables no rule reaches, as counted by hand', async function () {
    if (!existsSync(DATA)) {
      console.log(`      skipped: ${DATA} is not here`);
      this.skip();
    }
    const desk = await openDesk({
      ddl: gunzipSync(readFileSync(DATA)).toString('utf8'),
      map: json('data-maps/request-tracker-5.json'),
      parameters: { organization: 'lab.example' },
    });
    const found = await findings(desk, [json('request-tracker-5/rt-resolved-three-years.json')], {
      now: NOW,
      since: '2026-11-20T00:00:00.000000Z' as Instant,
    });
    expect(lines(found)).to.deep.equal([
      ...['users', 'authtokens', 'sessions', 'assets', 'articles'].map(
        (table) => `warning personal_columns_unreached tables.${table}`,
      ),
      'hint personal_ids_unreached tables',
      'warning backlog policy rt-resolved-three-years',
      'warning record_never_closes record ticket',
      'warning record_outside_rules record ticket',
    ]);
    const said = (code: string): string => found.find((one) => one.code === code)?.message ?? '';
    const [never = '', old = ''] = [
      await column(desk.admin, NEVER_CLOSED),
      await column(desk.admin, TOO_OLD),
    ].flat();
    expect(said('backlog')).to.match(/^479 records/);
    expect(said('record_never_closes')).to.match(new RegExp(`^${never} records`));
    expect(said('record_outside_rules')).to.match(new RegExp(`^${old} records`));
    expect(Number(never)).to.be.greaterThan(100);
    expect(Number(old)).to.be.greaterThan(30);
    expect(found.find(({ thing }) => thing === 'tables.users')?.message).to.contain(
      'the map forbids deleting here',
    );
  });
});
