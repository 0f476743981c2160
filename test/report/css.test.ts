import { expect, it } from 'vitest';
import { css } from '../../src/report/css.js';

it('a style sheet loses the spaces and zeros that nobody needs, and no other', () => {
  const sheet = css`
    .a,
    .b:hover > path {
      margin: -0.5rem auto 10.05px;
      font:
        16px / 1.5 "Segoe UI",
        serif;
      width: calc(var(--a) * 0.8 - 50%);
    }
    @media screen and (min-width: 66rem) {
      .c + .d :focus {
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
      }
    }
  `;
  expect(sheet).toBe(
    '.a,.b:hover > path{margin:-.5rem auto 10.05px;font:16px/1.5 "Segoe UI",serif;width:calc(var(--a)*.8 - 50%)}' +
      '@media screen and (min-width:66rem){.c + .d :focus{' +
      'grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr))}}',
  );
});
