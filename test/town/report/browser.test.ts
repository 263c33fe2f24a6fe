import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportPage } from '../../../source/town/report/page.ts';
import { reportOf } from '../../../source/town/report/report.ts';
import { findBrowser, openBrowser } from '../../support/browser.ts';
import { workspace } from '../../support/process.ts';
import { FROM, HOSTILE, reportData, TO } from './data.ts';

const program = findBrowser();

describe.skipIf(program === undefined)('the report in a real browser (not run where there is no chromium)', () => {
  const place = workspace('report');
  const file = path.join(place.dir, 'report.html');
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    const options = { town: `home ${HOSTILE}`, from: FROM, to: TO, scripts: new Set(['shell']) };
    writeFileSync(file, reportPage(reportOf(reportData(), options)));
    browser = await openBrowser(program!);
    await browser.open(file, { width: 1200, height: 900 });
  });
  afterAll(async () => {
    await browser?.close();
    await place.cleanUp();
  });

  test('asks for nothing but itself, runs nothing, and the browser has nothing to complain of', async () => {
    expect(browser.requests()).toEqual([`file://${file}`]);
    expect(browser.complaints()).toEqual([]);
    expect(await browser.evaluate('document.scripts.length + document.images.length')).toBe(0);
    expect(await browser.evaluate('document.title')).toMatch(/^home <img src=x onerror=.*2026-11-01 to 2026-11-07$/);
  });

  test('shows a hostile title as the text that it is', async () => {
    const cells = await browser.evaluate('[...document.querySelectorAll("td")].map(td => td.textContent)');
    expect(cells).toContain(HOSTILE.replace('\u001B', ''));
  });

  test('draws each plot within its frame, with a name and a description for who does not see it', async () => {
    const plots = (await browser.evaluate(`[...document.querySelectorAll('svg')].map(svg => {
      const frame = svg.getBoundingClientRect();
      const outside = [...svg.querySelectorAll('rect, text, line')].filter(part => !part.closest('defs')).filter(part => {
        const box = part.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
      });
      return {
        wide: frame.width > 300,
        outside: outside.map(part => part.outerHTML),
        named: svg.getAttribute('aria-labelledby').split(' ').map(id => document.getElementById(id).textContent),
      };
    })`)) as { wide: boolean; outside: string[]; named: string[] }[];
    expect(plots).toHaveLength(5);
    for (const { wide, outside, named } of plots) {
      expect(wide).toBe(true);
      expect(outside).toEqual([]);
      expect(named.every(text => text.length > 5)).toBe(true);
    }
    const { nodes } = (await browser.page('Accessibility.getFullAXTree')) as {
      nodes: { role?: { value: string }; name?: { value: string } }[];
    };
    const images = nodes.filter(({ role }) => role?.value === 'image' || role?.value === 'img');
    expect(images.map(({ name }) => name?.value)).toContain('Changes landed each day 4 changes on 7 days.');
  });

  test('is light for who likes it light, dark for who likes it dark, and readable in both', async () => {
    const shots: Buffer[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      await browser.scheme(scheme);
      const [back, text] = (await browser.evaluate(
        `['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number))`,
      )) as [number[], number[]];
      expect(contrast(back, text)).toBeGreaterThan(7);
      expect(luminance(back) > 0.5).toBe(scheme === 'light');
      shots.push(await browser.screenshot());
    }
    expect(shots[0]!.length).toBeGreaterThan(20_000);
    expect(shots[0]!.equals(shots[1]!)).toBe(false);
  });

  test('has no line to scroll to the side on a telephone', async () => {
    await browser.open(file, { width: 390, height: 800 });
    expect(await browser.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  });
});

/** As WCAG has it. */
const luminance = (rgb: readonly number[]): number => {
  const [red, green, blue] = rgb.map(part => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
};

const contrast = (one: readonly number[], other: readonly number[]): number => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
};
