import { describe, expect, test } from 'vitest';
import {
	asking,
	chooseAgain,
	type DeskState,
	emptyDesk,
	running,
} from '../../../source/actions/desk-state.ts';
import { lineText } from '../../../source/ui/draw/span.ts';
import { actionContent, actionLabel, topFor } from '../../../source/ui/overlays/actions.ts';
import { driveConsole, renderOnScreen } from '../../support/render.ts';
import { allReadings, environment, reportOf, snapshotOf } from '../fixtures.ts';

const listed: DeskState = chooseAgain(
	{
		...emptyDesk,
		items: [
			{ action: 'tick', pipeline: 'hourly', reason: undefined },
			{ action: 'repair', pipeline: 'hourly', reason: undefined },
			{ action: 'tick', pipeline: 'daily', reason: 'role app may not write task_usage_daily' },
		],
		selected: 1,
		leftBehind: ['An earlier backfill of hourly was left after 3 slices.'],
	},
	'',
);
const asked = asking(
	listed,
	{
		title: 'Repair hourly',
		lines: ['  wrong       2 drifted, 1 ghost'],
		rung: { kind: 'name', name: 'prod' },
	},
	0,
);
const text = (desk: DeskState): string => actionContent(desk, 100).lines.map(lineText).join('\n');

describe('what the desk shows', () => {
	test('what was left undone, then every action, with the reason where it cannot be had', () => {
		expect(text(listed)).toBe(
			[
				'An earlier backfill of hourly was left after 3 slices.',
				'←→ span of replay, verify and repair: 24h00m   e engine of replay and backfill: function',
				'',
				'  hourly    tick      one call of its tick function',
				'>           repair    mend what drifted and what has nothing raw behind it',
				'  daily     tick      not here: role app may not write task_usage_daily',
			].join('\n'),
		);
	});

	test('the question before the plan, so that it is in sight however long that is', () => {
		expect(text(asked).split('\n')[0]).toBe('Type the name of the target to go on: prod');
		expect(text(asked)).toContain('2 drifted, 1 ghost');
	});

	test('the selected line is kept in sight', () => {
		const content = { lines: Array.from({ length: 40 }, () => []), focus: 35 };
		expect(topFor(content, 0, 10)).toBe(30);
		expect(topFor({ ...content, focus: 2 }, 0, 10)).toBe(0);
		expect(topFor({ lines: content.lines }, 7, 10)).toBe(7);
	});

	test('hidden, the key still tells how far it is', () => {
		const desk = running(listed, 'Backfill hourly');
		const { phase } = desk;
		if (phase.kind !== 'running') throw new Error('it runs');
		const half = {
			...desk,
			phase: { ...phase, progress: { ...phase.progress, totalRows: 10, doneRows: 5 } },
		};
		expect(actionLabel(half, false)).toBe('backfill 50%');
		expect(actionLabel(half, true)).toBe('hide');
		expect(actionLabel(listed, false)).toBe('actions');
	});
});

describe('keys in the console', () => {
	const open = (over: Partial<typeof environment> = {}) => {
		const driven = driveConsole(reportOf(snapshotOf(allReadings())), { ...environment, ...over });
		return { driven, screen: renderOnScreen(driven.context, 100, 30) };
	};

	test('a opens the desk, which then has the keys; a hides it', async () => {
		const { driven, screen } = open();
		await screen.press('a');
		driven.setDesk(listed);
		await screen.press('q');
		await screen.press('\r');
		expect(driven.asked).toEqual(['act', 'desk q', 'desk return']);
		await screen.press('a');
		expect((await screen.screen()).text).not.toContain('An earlier backfill');
		screen.console.unmount();
	});

	test('while it asks, letters are typed and several at once are pasted', async () => {
		const { driven, screen } = open();
		await screen.press('a');
		driven.setDesk(asked);
		await screen.press('a');
		await screen.press('prod');
		expect(driven.asked).toEqual(['act', 'desk a', 'desk pasted text']);
		screen.console.unmount();
	});

	test('--read-only disables the key, and the help says why', async () => {
		const { driven, screen } = open({ isReadOnly: true });
		await screen.press('a');
		expect((await screen.screen()).text).toContain('a: tidemark runs with --read-only');
		expect(driven.asked).toEqual([]);
		screen.console.unmount();
	});
});
