import { expect } from 'chai';
import { replay } from '../../src/disposal/replay.js';
import { requireCurrent } from '../../src/ledger/standing.js';
import { revokeToken, createToken, tokenOf } from '../../src/tokens/tokens.js';
import type { TokenOrder } from '../../src/tokens/token-order.js';
import { backUp, closeRestored, context, restored } from '../support/restore.js';
import {
  closeDesks,
  officer,
  openDesk,
  operator,
  refusal,
  ticketTable,
  TICKETS,
} from '../support/small-desk.js';
import { vaultOf } from '../support/vault.js';

const ORDER: TokenOrder = {
  actor: 'ticket/7',
  roles: ['agent'],
  purposes: ['dpv:CustomerCare'],
  scopes: ['tickets:read'],
  expires: 'P90D',
};

describe('a restored database', () => {
  afterEach(async () => {
    await closeRestored();
    await closeDesks();
  });

  it('takes no token that was revoked after the backup; others stay good, and each is revoked once', async () => {
    const desk = await openDesk({ ddl: TICKETS, map: { tables: { tickets: ticketTable() }, edges: [] } });
    const { tokens, ledger } = desk.engine([]);
    const make = () => tokens.create(ORDER, officer);
    const [kept, before, after] = [await make(), await make(), await make()];
    await tokens.revoke(before.id, officer);
    await ledger.seal();
    const name = await backUp(desk);
    const unheardOf = await make();
    for (const { id } of [after, unheardOf]) await tokens.revoke(id, officer);

    const yesterday = await restored(desk, name);
    const parts = context(yesterday, desk, name);
    expect(await tokenOf(parts, after.secret), 'before the replay').to.include({ id: after.id });
    expect(await replay(parts, operator)).to.include({ acts: 2, tokensRevoked: 1 });
    await requireCurrent(parts.db, parts.vault);
    for (const { secret } of [before, after, unheardOf])
      await refusal(tokenOf(parts, secret), 'token_invalid');
    expect(await tokenOf(parts, kept.secret)).to.include({ id: kept.id });
    const revoked = 'select id from lethe.token where revoked_at is not null';
    expect(await yesterday.rows(revoked)).to.have.members([before.id, after.id]);
    expect(await replay(parts, operator)).to.include({ acts: 0, tokensRevoked: 0 });
  });

  it('is told of a revocation by the vault alone: where that is away nothing is revoked', async () => {
    const { graph, db, engine, url } = await openDesk({
      ddl: TICKETS,
      map: { tables: { tickets: ticketTable() }, edges: [] },
    });
    const { clock } = engine([]);
    const away = { ...vaultOf(url), intend: () => Promise.reject(new Error('the vault is away')) };
    const parts = { db, graph, clock, vault: away };
    const made = await createToken(parts, ORDER, officer);
    await revokeToken(parts, made.id, officer).then(
      () => expect.fail('it was revoked'),
      (error: unknown) => expect(String(error)).to.include('away'),
    );
    expect(await tokenOf(parts, made.secret)).to.include({ id: made.id });
    await revokeToken({ ...parts, vault: null }, made.id, officer);
    await refusal(tokenOf(parts, made.secret), 'token_invalid');
  });
});
