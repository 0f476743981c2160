import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markup, verbatim } from '../../src/report/markup.js';
import { byName, parseElements } from './elements.js';

describe('markup', () => {
  it('takes a line end for nothing between tags and values, and for a space elsewhere', () => {
    const [a, b] = ['x', markup`<i>y</i>`];
    expect(
      markup`
        <p class="one"
          title="${a}">
          ${b}
          ${a}
        </p>
        <p>some words
          and <b>more</b>
          words ${a}, the end</p>
      `.markup,
    ).toBe('<p class="one" title="x"><i>y</i>x</p><p>some words and <b>more</b> words x, the end</p>');
    expect(markup`<p>${'\n <'}</p>`.markup).toBe('<p>\\u000a &lt;</p>');
  });

  it('escapes text in content and in attributes', () => {
    expect(markup`<p title="${'"><script>'}">${'<b> & "c"'}</p>`.markup).toBe(
      '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt; &amp; &quot;c&quot;</p>',
    );
  });

  it('takes pieces of markup as they are, lists in order, and null as nothing', () => {
    const items = ['a', '<'].map((text) => markup`<li>${text}</li>`);
    expect(markup`<ul>${items}${null}${verbatim('<!-- end -->')}</ul>`.markup).toBe(
      '<ul><li>a</li><li>&lt;</li><!-- end --></ul>',
    );
  });

  it('writes coordinates with two decimals at most', () => {
    expect(markup`${1 / 3} ${20} ${-0.001}`.markup).toBe('0.33 20 0');
  });

  it('spells out control characters and characters without a glyph, and replaces what XML does not allow', () => {
    expect(markup`${'a\u0000b\u202ec'}`.markup).toBe('a\\u0000b\\u202ec');
    expect(markup`${'a\uffa0b\u3164c\u2028'}`.markup).toBe('a\\uffa0b\\u3164c\\u2028');
    expect(markup`${'a\ud800b\uffffc'}`.markup).toBe('a\\ud800b\ufffdc');
  });

  it('keeps any visible text whole, wherever it stands', () => {
    // Two fillers and two line ends that fast-check counts among the printable graphemes.
    const visible = fc.string({ unit: 'grapheme' }).filter((text) => !/[\u3164\uffa0\u2028\u2029]/u.test(text));
    fc.assert(
      fc.property(visible, (text) => {
        const [p] = byName(parseElements(markup`<p title="${text}">${text}</p>`.markup), 'p');
        expect(p.text).toBe(text);
        expect(p.attributes.get('title')).toBe(text);
      }),
    );
  });
});
