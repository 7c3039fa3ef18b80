import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import type { OnCall } from '../../src/recording/call-state.js';
import { permissionOf } from '../../src/recording/missing.js';
import { NEEDS, PLACE_RULES, requirementOf, ruleOf } from '../../src/recording/places.js';

const PLACES = [...PLACE_RULES.map(({ place }) => place), 'US', 'US-PR', 'JP', 'DE-BY', null];
const somewhere = fc.constantFrom(...PLACES);
const rank = (places: readonly (string | null)[]): number => NEEDS.indexOf(requirementOf(places).need);

const person = fc.record({
  place: somewhere,
  isAnnounced: fc.boolean(),
  hasConsented: fc.boolean(),
  isPresent: fc.boolean(),
});
const onCall = (
  people: readonly {
    place: string | null;
    isAnnounced: boolean;
    hasConsented: boolean;
    isPresent: boolean;
  }[],
) => ({
  participants: new Map(
    people.map((one, at): [string, OnCall] => [
      String(at),
      { id: String(at), role: 'customer', consent: null, objects: false, isTold: false, ...one },
    ]),
  ),
});

describe('the rules of places', () => {
  it('have one row for each state and the District of Columbia, and no row twice', () => {
    const places = PLACE_RULES.map(({ place }) => place);
    expect(new Set(places).size).to.equal(places.length);
    expect(places.filter((place) => place.startsWith('US-'))).to.have.length(51);
    expect(
      PLACE_RULES.every(({ cite, source, says }) => cite !== '' && source !== '' && says !== ''),
    ).to.equal(true);
  });

  it('take an announcement for enough in Washington and Connecticut alone', () => {
    const enough = PLACE_RULES.filter(({ need }) => need === 'announcement').map(({ place }) => place);
    expect(enough).to.deep.equal(['US-CT', 'US-WA']);
  });

  it('ask everybody where two-party laws, doubtful laws, or none that is known hold', () => {
    for (const place of [
      'US-CA',
      'US-DE',
      'US-NV',
      'US-MI',
      'US-OR',
      'US-VT',
      'DE',
      'DE-BY',
      'JP',
      'US',
      'US-PR',
      null,
    ])
      expect(requirementOf([place]), String(place)).to.include({ need: 'everyone' });
    expect(requirementOf([]).need).to.equal('everyone');
  });

  it('never permit more by what is not verified', () => {
    for (const rule of PLACE_RULES)
      if (rule.need !== 'everyone') expect(rule.verified, rule.place).to.equal(true);
    for (const place of ['DE', 'US-DE', 'US-NV', 'US-OR'])
      expect(ruleOf(place).verified, place).to.equal(false);
    expect(ruleOf(null).verified).to.equal(false);
  });

  it('are one, whatever the order of those on the call', () => {
    fc.assert(
      fc.property(fc.array(somewhere, { minLength: 1, maxLength: 6 }), (places) => {
        expect(requirementOf([...places].reverse())).to.deep.equal(requirementOf(places));
      }),
    );
  });

  it('get no laxer when somebody joins, and nothing that was missing is there then', () => {
    let permitted = 0;
    fc.assert(
      fc.property(fc.array(person, { minLength: 1, maxLength: 4 }), somewhere, (people, place) => {
        const present = people.filter(({ isPresent }) => isPresent);
        if (present.length === 0) return;
        const places = present.map((one) => one.place);
        expect(rank([...places, place])).to.be.at.least(rank(places));
        const newcomer = { place, isAnnounced: false, hasConsented: false, isPresent: true };
        const before = permissionOf(onCall(people)).missing.length === 0;
        permitted += Number(before);
        if (!before) expect(permissionOf(onCall([...people, newcomer])).missing).to.not.be.empty;
      }),
      { numRuns: 500 },
    );
    expect(permitted).to.be.within(20, 480);
  });

  it('are met by everybody’s consent, wherever they are', () => {
    fc.assert(
      fc.property(fc.array(somewhere, { minLength: 1, maxLength: 5 }), (places) => {
        const agreed = places.map((place) => ({
          place,
          isAnnounced: false,
          hasConsented: true,
          isPresent: true,
        }));
        expect(permissionOf(onCall(agreed)).missing).to.deep.equal([]);
      }),
    );
  });

  it('are not met by an announcement beside a place that asks for one consent: it is nobody’s consent', () => {
    const announced = { isAnnounced: true, hasConsented: false, isPresent: true };
    const both = [
      { place: 'US-WA', ...announced },
      { place: 'US-TX', ...announced },
    ];
    expect(permissionOf(onCall(both)).missing).to.deep.equal([{ role: 'anybody', lacks: 'consent' }]);
    expect(permissionOf(onCall(both.slice(0, 1))).missing).to.deep.equal([]);
  });

  it('ship a policy that asks for consent to recording in every language it may be asked in', () => {
    const url = new URL('../../policies/native/consent-call-recording.json', import.meta.url);
    const { wording } = JSON.parse(readFileSync(url, 'utf8')) as {
      wording: { says: Record<string, string> };
    };
    expect(Object.keys(wording.says).sort()).to.deep.equal(['de', 'en', 'es', 'fr', 'it']);
  });
});
