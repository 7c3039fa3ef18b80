import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkMap, requireFit, type Finding } from '../../src/datamap/check.js';
import { loadMap } from '../../src/datamap/load.js';
import { migrate } from '../../src/db/migrate.js';
import { bothDatabases } from '../support/database.js';

const RT_DATA = fileURLToPath(new URL('../../../shared/data/request-tracker/rt5.sql.gz', import.meta.url));

const worse = (
  findings: readonly Finding[],
  ...severities: readonly Finding['severity'][]
): readonly Finding[] => findings.filter(({ severity }) => severities.includes(severity));

bothDatabases('the native map', (open) => {
  it('fits the help desk that Lethe makes: nothing above a hint', async () => {
    const { db } = await open();
    await migrate(db, ['desk']);
    const graph = await loadMap('native', {}, '.');
    expect(worse(await checkMap(db, graph), 'error', 'warning')).to.deep.equal([]);
    await requireFit(db, graph);
  });
});

bothDatabases('the map of Request Tracker 5', (open) => {
  it('fits a real database of it: no errors, and every kind of row has an answer', async function () {
    if (!existsSync(RT_DATA)) {
      console.log(`      skipped: there is no ${RT_DATA}`);
      this.skip();
    }
    const { db, admin } = await open();
    await admin(gunzipSync(readFileSync(RT_DATA)).toString('utf8'));
    const graph = await loadMap('request-tracker-5', { organization: 'lab.example' }, '.');
    expect(worse(await checkMap(db, graph), 'error', 'warning')).to.deep.equal([]);
    const elsewhere = await loadMap('request-tracker-5', { organization: 'other.example' }, '.');
    const errors = worse(await checkMap(db, elsewhere), 'error');
    expect(errors.map(({ code, thing }) => [code, thing])).to.deep.equal([
      ['parameter_mismatch', 'parameters.organization'],
    ]);
  });
});
