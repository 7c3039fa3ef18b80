import { expect } from 'chai';
import { LetheError } from '../../src/core/errors.js';
import { plainText } from '../../src/documents/document.js';
import { renderTemplate } from '../../src/documents/template.js';

const render = (text: string, facts: object = {}, language = 'en') =>
  renderTemplate({ path: 'reports/x/en.liquid', text: `# T\n\n${text}`, language }, facts);

function said(text: string, facts: object = {}, language = 'en'): string {
  const [block] = render(text, facts, language).blocks;
  return block?.kind === 'paragraph' ? plainText(block.text) : '';
}

function refused(text: string, facts: object = {}): string {
  try {
    render(text, facts);
  } catch (error) {
    if (error instanceof LetheError && error.code === 'template_invalid') return error.message;
    throw error;
  }
  return 'nothing was refused';
}

describe('a report template', () => {
  it('with a variable that does not exist is an error that names it', () => {
    expect(refused('{{ certificate.foo }}', { certificate: {} })).to.match(/reports\/x\/en\.liquid: .*foo/);
    expect(refused('{% if bar %}x{% endif %}')).to.include('bar');
  });

  it('with an unknown filter or an open tag is an error', () => {
    expect(refused('{{ a | shout }}', { a: 1 })).to.include('shout');
    expect(refused('{% if a %}', { a: 1 })).to.include('not closed');
  });

  it('reads no files, and of facts nothing but their own properties', () => {
    expect(refused('{% render "package.json" %}')).to.include('package.json');
    expect(refused('{{ a.constructor }}', { a: {} })).to.include('constructor');
    expect(refused('{{ a.__proto__ }}', { a: {} })).to.include('__proto__');
  });

  it('cannot be given structure by a fact', () => {
    expect(said('Hello {{ name }}.', { name: 'x\n\n# Other\n- **y**' })).to.equal('Hello x # Other - **y**.');
    expect(said('Hello {{ name }}.', { name: '{{ secret }}' })).to.equal('Hello {{ secret }}.');
  });

  it('says nothing of the facts in its errors', () => {
    expect(refused('{{ name }} {{ foo }}', { name: 'Marker Person' })).not.to.include('Marker');
  });

  it('writes numbers and instants as its language does, and keeps microseconds where they matter', () => {
    const facts = { n: 1234567, at: '2022-12-31T22:59:59.999999Z' };
    expect(said('{{ n | number }}; {{ at | instant }}', facts)).to.equal(
      '1,234,567; 31 December 2022, 22:59:59 UTC',
    );
    expect(said('{{ n | number }}; {{ at | exact }}', facts, 'de')).to.equal(
      '1.234.567; 31. Dezember 2022, 22:59:59.999999 UTC',
    );
  });
});
