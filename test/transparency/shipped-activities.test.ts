import { expect } from 'chai';
import { columnsWithoutActivity, dataOfActivity } from '../../src/policy/activity-data.js';
import { LANGUAGES } from '../../src/policy/languages.js';
import { MAPS, mapNamed, nativeSource, shippedFor } from './shipped.js';

describe('the activities an installation begins with', () => {
  for (const name of MAPS) {
    it(`${name}: every personal column of the map and of Lethe's own tables is in one`, async () => {
      const graph = await mapNamed(name);
      const { activity } = shippedFor(graph, name);
      const entries = activity.map(({ entry }) => entry);
      expect(columnsWithoutActivity(graph, entries)).to.deep.equal([]);
      const fewer = entries.filter(({ id }) => id !== 'support');
      expect(columnsWithoutActivity(graph, fewer)).not.to.deep.equal([]);
    });

    it(`${name}: every policy that names an activity or a purpose names one that is there`, async () => {
      const policies = shippedFor(await mapNamed(name), name);
      const activities = policies.activity.map(({ id }) => id);
      const purposes = policies.activity.flatMap(({ entry }) => entry.purposes.map(({ purpose }) => purpose));
      const named = [...policies.retention, ...policies.consent].map(({ entry }) => entry.activity);
      const meant = [
        ...policies.access.flatMap(({ entry }) => entry.purposes),
        ...[...policies.consent, ...policies.intake].map(({ entry }) => entry.purpose),
      ];
      expect(named.filter((id) => !activities.includes(id))).to.deep.equal([]);
      expect(meant.filter((purpose) => !purposes.includes(purpose))).to.deep.equal([]);
      expect(new Set(purposes).size, 'a purpose is one activity’s').to.equal(purposes.length);
    });

    it(`${name}: every text that people are shown is there in each language`, async () => {
      const policies = Object.values(shippedFor(await mapNamed(name), name)).flat();
      const short = policies.flatMap(({ id, entry }) => untranslated(entry).map((path) => `${id}: ${path}`));
      expect(short).to.deep.equal([]);
    });
  }

  it('what a map says of all tables of the ticket system is not said of Lethe’s own', async () => {
    const graph = await mapNamed('request-tracker-5');
    const columns = dataOfActivity(graph, { categories: ['user'], records: ['lethe-plan', 'ticket'] }).map(
      ({ table, columns: personal }) => `${table.id}: ${personal.some(({ id }) => id === 'creator')}`,
    );
    expect(columns).to.have.members(['lethe-plan: false', 'tickets: true']);
  });

  it('an activity without records is about every table with its categories, and one category names those below it', async () => {
    const { graph } = await nativeSource();
    const tables = dataOfActivity(graph, { categories: ['user.content'] }).map(({ table }) => table.id);
    expect(tables).to.include.members(['tickets', 'messages', 'attachments', 'lethe-protection']);
    expect(tables).not.to.include('agents');
  });
});

/** Texts by language that lack one: an object with a text in English, or in another of them. */
function untranslated(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key) => (LANGUAGES as readonly string[]).includes(key)))
    return LANGUAGES.filter((language) => !keys.includes(language)).map((language) => `${path}.${language}`);
  return Object.entries(value).flatMap(([key, one]) => untranslated(one, `${path}.${key}`));
}
