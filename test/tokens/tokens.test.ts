import { expect } from 'chai';
import { parseInstant, type Instant } from '../../src/core/instant.js';
import type { Engine } from '../../src/engine.js';
import type { TokenOrder } from '../../src/tokens/token-order.js';
import { testClock } from '../support/published.js';
import {
  closeDesks,
  officer,
  openDesk,
  refusal,
  ticketTable,
  TICKETS,
  type Desk,
} from '../support/small-desk.js';

const ORDER: TokenOrder = {
  actor: 'ticket/7',
  roles: ['agent'],
  purposes: ['dpv:CustomerCare'],
  scopes: ['tickets:read'],
  expires: 'P90D',
};

describe('tokens', () => {
  let desk: Desk;
  let engine: Engine;
  const clock = testClock('2026-01-01T12:00:00.000000Z');
  before(async () => {
    desk = await openDesk({ ddl: TICKETS, map: { tables: { tickets: ticketTable() }, edges: [] } });
    engine = desk.engine([], clock);
  });
  beforeEach(() => {
    clock.set('2026-01-01T12:00:00.000000Z');
  });
  after(closeDesks);

  it('tell who calls, and are stored as a digest alone', async () => {
    const made = await engine.tokens.create({ ...ORDER, actor: 'ticket/007' }, officer);
    expect(made).to.include({ actor: 'ticket/7', expiresAt: parseInstant('2026-04-01T12:00:00Z') });
    expect(await engine.tokens.find(made.secret)).to.include({ id: made.id, actor: 'ticket/7' });
    const everything = await desk.admin<{ row: string }>(
      'select t::text as row from lethe.token t union all select e::text from lethe.ledger_entry e',
    );
    const text = JSON.stringify(everything);
    expect(text).to.include(made.id).and.not.include(made.secret.slice('lethe_'.length));
    expect(Buffer.from(made.secret.slice('lethe_'.length), 'base64url')).to.have.length(32);
  });

  it('are good until they run out, to the microsecond', async () => {
    const { secret } = await engine.tokens.create({ ...ORDER, expires: 'P1D' }, officer);
    clock.set('2026-01-02T11:59:59.999999Z');
    expect(await engine.tokens.find(secret)).to.include({ actor: 'ticket/7' });
    clock.set('2026-01-02T12:00:00.000000Z');
    await refusal(engine.tokens.find(secret), 'token_invalid');
  });

  it('are revoked in every process at once, and once', async () => {
    const { id, secret } = await engine.tokens.create(ORDER, officer);
    const other = await desk.another([], clock);
    expect((await other.tokens.find(secret)).id).to.equal(id);
    await engine.tokens.revoke(id, officer);
    await refusal(other.tokens.find(secret), 'token_invalid');
    await refusal(engine.tokens.revoke(id, officer), 'token_unknown');
    const kinds = await desk.admin<{ kind: string }>(
      `select kind from lethe.ledger_entry where body::jsonb -> 'about' ->> 'token' = $1 order by at, kind`,
      [id],
    );
    expect(kinds.map(({ kind }) => kind)).to.deep.equal(['token.created', 'token.revoked']);
  });

  it('that are unknown, expired or revoked are refused in the same words', async () => {
    const [expired, revoked] = [
      await engine.tokens.create({ ...ORDER, expires: 'P1D' }, officer),
      await engine.tokens.create(ORDER, officer),
    ];
    await engine.tokens.revoke(revoked.id, officer);
    clock.set('2026-02-01T12:00:00.000000Z');
    const never = `lethe_${'A'.repeat(43)}`;
    const words = new Set<string>();
    for (const secret of [
      expired.secret,
      revoked.secret,
      never,
      '',
      'lethe_',
      `${never}\0`,
      'x'.repeat(99_999),
    ])
      words.add((await refusal(engine.tokens.find(secret), 'token_invalid')).message);
    expect(words).to.have.property('size', 1);
  });

  it('say on which day they were used last, and nothing finer', async () => {
    const { id, secret } = await engine.tokens.create(ORDER, officer);
    const lastUsed = async () => (await engine.tokens.list()).find((one) => one.id === id)?.lastUsedOn;
    expect(await lastUsed()).to.equal(null);
    clock.set('2026-01-05T23:59:59.000000Z');
    await engine.tokens.find(secret);
    await engine.tokens.find(secret);
    expect(await lastUsed()).to.equal('2026-01-05');
    clock.set('2026-01-04T00:00:00.000000Z'); // another machine's clock
    await engine.tokens.find(secret);
    expect(await lastUsed()).to.equal('2026-01-05');
  });

  it('are listed with what they are good for, and without a secret', async () => {
    const { id } = await engine.tokens.create({ ...ORDER, actor: 'service/portal' }, officer);
    const found = (await engine.tokens.list()).find((one) => one.id === id);
    expect(found).to.deep.equal({
      id,
      actor: 'service/portal',
      roles: ['agent'],
      purposes: ['dpv:CustomerCare'],
      scopes: ['tickets:read'],
      state: 'good',
      createdAt: clock.now(),
      expiresAt: '2026-04-01T12:00:00.000000Z' as Instant,
      lastUsedOn: null,
    });
  });

  const refused: Readonly<Record<string, Partial<TokenOrder>>> = {
    'a person the map does not know': { actor: 'wizard/7' },
    'a key of the wrong form': { actor: 'ticket/seven' },
    'a program of no plain name': { actor: 'service/../etc' },
    'no role': { roles: [] },
    'a role of the wrong form': { roles: ['Agent Smith'] },
    'an unknown purpose': { purposes: ['dpv:Curiosity'] },
    'no purpose': { purposes: [] },
    'an unknown scope': { scopes: ['everything'] },
    'no scope': { scopes: [] },
    'no period': { expires: 'soon' },
    'more than a year': { expires: 'P1Y1D' },
  };
  for (const [what, different] of Object.entries(refused))
    it(`are not made for ${what}`, async () => {
      const before = (await engine.tokens.list()).length;
      await refusal(engine.tokens.create({ ...ORDER, ...different }, officer), 'input_invalid');
      expect(await engine.tokens.list()).to.have.length(before);
    });
});
