import { openDesk, approvedPlan, operator, rule, policiesOf, TODAY, closeDesks } from '../support/small-desk.js';
import { engineOver } from '../../src/engine.js';
import { KEYED, RULES } from './keyed-desk.js';
import { realKeys } from '../support/real-keys.js';
const N = 40_000;
describe('measure', function () { this.timeout(0); afterEach(closeDesks);
  for (const on of [false, true, false, true]) it(`on ${on}`, async () => {
    const desk = await openDesk(KEYED); const real = await realKeys({ clock: TODAY });
    await desk.admin(`insert into shop.tickets select n, 'lk1.', 'closed', timestamptz '2021-06-01' from generate_series(7, ${N}) n;
      insert into shop.messages select 100+n*5+i, n, null, 'lk1.xxxxxxxxxxxxxxxxxxxx' from generate_series(7, ${N}) n, generate_series(0,4) i; analyze`);
    if (on) {
      await desk.admin(`insert into lethe.encryption (state, map_id, begun_at, done_at) values ('on', 'small', '2021-01-01', '2021-01-01')`);
      const made = await real.keys.keyring.make('ticket', N);
      await desk.admin(`insert into lethe.data_key (id, use, record, key, made_at) select id, 'ticket','ticket', n, '2021-01-01' from unnest($1::uuid[]) with ordinality made(id, n)`, [made.map(({id})=>id)]);
      await desk.admin('analyze lethe.data_key');
    }
    const engine = engineOver({ db: desk.db, graph: desk.graph, policiesInForce: () => Promise.resolve(policiesOf(desk.graph, RULES)), clock: TODAY, vault: null, keys: real.keys });
    const plan = await approvedPlan(engine);
    const t = performance.now(); await engine.retention.apply(plan, operator); const s = (performance.now()-t)/1000;
    console.log(on ? 'keys' : 'no keys', Math.round(N/s), 'tickets/s');
    await real.drop();
  });
});
