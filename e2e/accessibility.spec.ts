/** What people find who do not see the window, see it badly, or have no mouse. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { untilPlayable, expect, test } from './support/fixtures.ts';
import { EFFECTS, visitStates } from './support/states.ts';

const IMPACTS = ['serious', 'critical'];
const CONTRAST = 'color-contrast';

/** What has no name, role or contrast; contrast must have been looked at. */
async function expectAccessible(page: Page, name: string, rules?: string[]): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations, passes } = await (rules ? axe.withRules(rules) : axe).analyze();
  const found = violations
    .filter(({ impact }) => IMPACTS.includes(impact ?? ''))
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}\n${failureSummary}`),
    );
  expect.soft(found, name).toEqual([]);
  expect
    .soft(
      passes.map(({ id }) => id),
      name,
    )
    .toContain(CONTRAST);
}

/** Colours alone; resolves when they have arrived. */
const paint = (page: Page, theme: string): Promise<void> =>
  page.evaluate(async (theme) => {
    document.documentElement.dataset['theme'] = theme;
    const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.all(transitions.map(({ finished }) => finished.catch(() => undefined)));
  }, theme);

test('no state of the window has a serious violation, light or dark', async ({ page, card }) => {
  test.setTimeout(20 * 60_000);
  await visitStates(page, 'light', card.env, async (shown, name, arrange) => {
    await arrange();
    await expectAccessible(shown, `${name}, light`);
    // The settings sheet is paper.
    if (shown !== page) return;
    await paint(shown, 'dark');
    await expectAccessible(shown, `${name}, dark`, [CONTRAST]);
    await paint(shown, 'light');
  });
});

/** More than a window has. */
const MOST_STOPS = 400;

test('Tab reaches every control of every panel, and nothing holds it', async ({ window }) => {
  test.setTimeout(10 * 60_000);
  await untilPlayable(window);
  for (const effect of EFFECTS) {
    await window.getByTestId(`show-${effect}`).click();
    const panel = window.getByTestId(`panel-${effect}`);
    // Controls of a group of which one is in the order of Tab are reached by the arrow keys.
    const controls = await panel.evaluate((root) => {
      const isShown = (element: HTMLElement): boolean =>
        element.checkVisibility({ visibilityProperty: true }) && !element.closest('[inert]');
      const found = [
        ...root.querySelectorAll<HTMLElement>(
          'a[href], button, input, select, textarea, summary, [tabindex], [role=slider], [role=button]',
        ),
      ].filter(
        (element) =>
          isShown(element) &&
          !element.matches(':disabled, [aria-disabled=true], [tabindex="-1"]') &&
          !(element instanceof HTMLInputElement && element.type === 'radio' && !element.checked),
      );
      found.forEach((element, i) => {
        element.dataset['stop'] = String(i);
      });
      return found.map((element) => element.getAttribute('aria-label') ?? element.outerHTML.slice(0, 120));
    });
    expect(controls.length).toBeGreaterThan(2);

    await window.getByTestId(`show-${effect}`).focus();
    const reached = new Set<number>();
    let hasLeft = false;
    for (let i = 0; i < MOST_STOPS && !hasLeft; i++) {
      await window.keyboard.press('Tab');
      const [stop, isInPanel, isOutsideAfter] = await panel.evaluate((root) => {
        const focused = document.activeElement as HTMLElement;
        return [
          focused.dataset['stop'],
          root.contains(focused),
          (root.compareDocumentPosition(focused) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0,
        ] as const;
      });
      if (stop !== undefined) reached.add(Number(stop));
      hasLeft = !isInPanel && isOutsideAfter;
    }
    expect
      .soft(
        controls.filter((_, i) => !reached.has(i)),
        `not reached in ${effect}`,
      )
      .toEqual([]);
    expect(hasLeft, `Tab leaves ${effect}`).toBe(true);
    await panel.evaluate((root) => {
      for (const element of root.querySelectorAll<HTMLElement>('[data-stop]')) delete element.dataset['stop'];
    });
  }
});

test('a fit is started, paused, continued and stopped from the keyboard', async ({ window }) => {
  await untilPlayable(window);
  await window.keyboard.press('ControlOrMeta+Enter');
  await expect(window.getByTestId('loss-now')).toBeVisible({ timeout: 60_000 });
  await window.getByTestId('fit-pause').focus();
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('fit-remaining')).toHaveText('Paused');
  await window.getByTestId('fit-continue').focus();
  await window.keyboard.press('Enter');
  await window.getByTestId('fit-stop').focus();
  await window.keyboard.press('Enter');
  await expect(window.getByTestId('fit-done')).toBeVisible({ timeout: 60_000 });
});
