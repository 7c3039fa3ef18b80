import { expect } from 'chai';
import {
  authorised,
  DEEDS,
  nameKey,
  rolesOf,
  ROLES,
  shownName,
  withRoles,
  type Deed,
} from '../../src/core/actor.js';
import { LetheError } from '../../src/core/errors.js';

const ACTORS = { Anna: ['operator'], 'Bert  Blom': ['policy-owner', 'data-protection-officer'] } as const;
const named = (name: string) => ({ name, assurance: 'asserted' }) as const;

describe('roles of actors', () => {
  it('where nobody is told apart, everybody has every role', () => {
    expect(rolesOf(null, 'anybody')).to.deep.equal(ROLES);
    for (const deed of Object.keys(DEEDS) as Deed[]) authorised(null, named('anybody'), deed);
  });

  it('a name has its roles however it is spelled, and a name that is not listed has none', () => {
    for (const name of ['Anna', ' ANNA ', 'Ａｎｎａ'])
      expect(rolesOf(ACTORS, name)).to.deep.equal(['operator']);
    expect(rolesOf(ACTORS, 'bert blom')).to.deep.equal(['policy-owner', 'data-protection-officer']);
    expect(rolesOf(ACTORS, 'Carl')).to.deep.equal([]);
    expect(rolesOf({}, 'Anna')).to.deep.equal([]);
  });

  it('a caller may leave out roles, and never add one', () => {
    const bert = { ...named('Bert Blom'), roles: ['operator', 'policy-owner'] } as const;
    expect(withRoles(ACTORS, bert).roles).to.deep.equal(['policy-owner']);
    expect(withRoles(null, { ...bert, roles: [] }).roles).to.deep.equal([]);
  });

  it('a deed needs one of its roles, and the refusal says which, and where roles are given', () => {
    expect(authorised(ACTORS, named('anna'), 'apply').roles).to.deep.equal(['operator']);
    let refused: unknown;
    try {
      authorised(ACTORS, named('anna'), 'approve');
    } catch (error) {
      refused = error;
    }
    expect(refused).to.be.instanceOf(LetheError).and.include({ code: 'role_missing', exitCode: 3 });
    expect((refused as LetheError).message)
      .to.include('approve')
      .and.include('policy-owner or data-protection-officer')
      .and.include('has operator')
      .and.include('lethe.json')
      .and.not.include('anna');
  });
});

describe('the names of actors', () => {
  it('spellings that nobody can tell apart are one person', () => {
    const olga = nameKey('Olga Groß');
    for (const name of [
      'OLGA GROSS',
      'Olga\u00a0Groß',
      'Olga\u200b Groß',
      'Ol\u00adga Groß\ufeff',
      '\u202eOlga Groß\u202c',
      'Olga\u2060\u3000Groß',
      'Olga Groß\ufe0f',
      'Olga \u3164Groß',
      'Olga\u0007 Gro\u034fß',
      'Olga\tGroß\u{e0041}',
    ])
      expect(nameKey(name), JSON.stringify(name)).to.equal(olga);
    expect(nameKey('ΟΔΥΣΣΕΥΣ')).to.equal(nameKey('οδυσσευς'));
    expect(nameKey('Ame\u0301lie')).to.equal(nameKey('AMÉLIE'));
  });

  it('other names are other people, in every script', () => {
    const names = ['Olga', 'Olaf', 'Ólga', 'علي', 'علية', '王伟', '王', 'नेहा'];
    expect(new Set(names.map(nameKey)).size).to.equal(names.length);
  });

  it('a name is shown without what moves a cursor or turns the text around it, and else as it was given', () => {
    expect(shownName(' \u001b[2JOl\u202ega\u2069 Groß\n')).to.equal('[2JOlga Groß');
    expect(shownName('مه\u200cدی')).to.equal('مه\u200cدی');
  });

  it('a name of nothing that can be seen is empty', () => {
    expect(nameKey(' \u200b\u2060\u00ad\u3164')).to.equal('');
  });
});
