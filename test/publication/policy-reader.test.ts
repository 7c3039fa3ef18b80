import { expect } from 'chai';
import type { Queryable } from '../../src/db/database.js';
import { policyReader } from '../../src/publication/policy-reader.js';
import { access, activity, organisation, PERSONAL_MAP } from './kinds.js';
import { closePublishingDesks, day, dpo, owner, publishingDesk, draftsOf } from './publishing-desk.js';

describe('policies read for call after call', () => {
  afterEach(closePublishingDesks);

  it('are asked for in one statement while nothing changes, and are one object then', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(organisation(), activity(), access());
    const read = policyReader(desk.graph);
    let asked = 0;
    const counting: Queryable = {
      query: (statement) => {
        asked += 1;
        return desk.db.query(statement);
      },
    };
    const first = await read(counting, day('2024-01-02'));
    asked = 0;
    expect(await read(counting, day('2024-01-03'))).to.equal(first);
    expect(asked).to.equal(1);
  });

  it('what another process has published or approved holds in the next call of this one', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(organisation(), activity(), access());
    const elsewhere = desk.other({ db: await desk.openAnother() });
    const may = async () => (await desk.lethe.policies.inForce()).access.flatMap(({ entry }) => entry.may);
    expect(await may()).to.deep.equal(['read', 'list']);
    await elsewhere.policies.publish({ drafts: draftsOf(access({ may: ['read'] })) }, owner);
    expect(await may()).to.deep.equal(['read']);
    const wider = await elsewhere.policies.publish({ drafts: draftsOf(access({ may: ['reply'] })) }, owner);
    desk.turnTo('2024-02-01');
    expect(await may(), 'cooled, and approved by nobody').to.deep.equal(['read']);
    await elsewhere.policies.approve(wider.outcomes[0]?.version.id ?? '', dpo);
    expect(await may()).to.deep.equal(['reply']);
    await elsewhere.policies.publish({ drafts: draftsOf(), remove: ['agents'] }, owner);
    expect(await may()).to.deep.equal([]);
  });

  it('a version that was only cooling comes into force by the clock, with nothing written', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(organisation(), activity(), access());
    const { outcomes } = await desk.publish(access({ may: ['reply'] }));
    await desk.lethe.policies.approve(outcomes[0]?.version.id ?? '', dpo);
    const read = policyReader(desk.graph);
    const may = async (date: string) => (await read(desk.db, day(date))).access[0]?.entry.may;
    expect(await may('2024-01-08')).to.deep.equal(['read', 'list']);
    expect(await may('2024-01-09')).to.deep.equal(['reply']);
    expect(await may('2024-01-08'), 'as of an instant that has passed').to.deep.equal(['read', 'list']);
  });

  it('what a transaction saw that was rolled back is not taken for what comes after it', async () => {
    const desk = await publishingDesk(PERSONAL_MAP);
    await desk.init(organisation(), activity(), access());
    const { outcomes } = await desk.publish(access({ may: ['reply'] }));
    const version = outcomes[0]?.version.id ?? '';
    const read = policyReader(desk.graph);
    const later = day('2024-02-01');
    const seen: unknown[] = [];
    await desk.db
      .transaction(async (tx) => {
        await tx.script(
          `insert into lethe.publication_approval (publication_id, actor_id, assurance, roles, given_at)
           select '${version}', id, 'asserted', '{}', '2024-01-03' from lethe.actor limit 1`,
        );
        seen.push((await read(tx, later)).access[0]?.entry.may);
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    seen.push((await read(desk.db, later)).access[0]?.entry.may);
    expect(seen).to.deep.equal([['reply'], ['read', 'list']]);
  });
});
