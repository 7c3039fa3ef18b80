import { expect } from 'chai';
import { isTimeZone } from '../../src/core/zone.js';

describe('time zones', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'europe/berlin', 'America/St_Johns', 'EST5EDT', 'Etc/GMT+5']) {
    it(`"${name}" is a time zone`, () => {
      expect(isTimeZone(name)).to.equal(true);
    });
  }

  const refused = [
    '',
    'Z',
    '+01:00',
    '-05',
    'UTC+1',
    'PST',
    'SystemV/EST5',
    'Europe/Berlim',
    'local',
    ' UTC',
  ];
  for (const name of refused) {
    it(`"${name}" is no time zone`, () => {
      expect(isTimeZone(name)).to.equal(false);
    });
  }
});
