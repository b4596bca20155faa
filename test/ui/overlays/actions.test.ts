import { describe, expect, test } from 'vitest';
import { effectLines } from '../../../source/actions/describe.ts';
import {
	afterEvent,
	asking,
	chooseAgain,
	type DeskState,
	emptyDesk,
	running,
} from '../../../source/actions/desk-state.ts';
import type { Effect } from '../../../source/actions/effect.ts';
import { lineText } from '../../../source/ui/draw/span.ts';
import { composeFrame } from '../../../source/ui/frame/compose-frame.ts';
import { actionContent, actionLabel, topFor } from '../../../source/ui/overlays/actions.ts';
import { driveConsole, renderOnScreen } from '../../support/render.ts';
import { allReadings, environment, frameInput, reportOf, snapshotOf } from '../fixtures.ts';

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
				'←→ span of replay, verify, repair: 24h00m   e engine: function',
				'enter shows what it would do, and asks before it does anything',
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

describe('the desk, literally', () => {
	const walk = running(listed, 'Backfill hourly');
	const slice = { fromMs: Date.parse('2026-02-01T00:00Z'), toMs: Date.parse('2026-03-01T00:00Z') };
	const half = (
		[
			{ kind: 'planned', rows: 48_000 },
			{ kind: 'note', text: 'engine: the function of this database' },
			{ kind: 'slice-started', slice, rows: 12_000 },
			{ kind: 'slice-done', slice, rows: 12_000, touched: 3100, tookMs: 1900 },
			{ kind: 'slice-started', slice, rows: 12_000 },
		] as const
	).reduce<DeskState>(afterEvent, walk);
	const group = {
		slot: 0,
		day: '2026-02-28',
		workspace: 'f284669f-4449-ebe1-367d-6c136a4aab91',
		inserted: 0,
		changed: 1,
		deleted: 0,
		tokensBefore: 14_402,
		tokensAfter: 1_414_602,
		digest: '',
	};
	const effect: Effect = {
		buckets: 6792,
		kinds: { pending: 0, drift: 1, ghost: 0 },
		newestWrongMs: undefined,
		groups: [group],
		samples: [],
	};
	const plan: DeskState = asking(
		listed,
		{
			title: 'Replay hourly',
			lines: effectLines(effect),
			rung: { kind: 'name', name: 'prod' },
		},
		0,
	);
	const receipt: DeskState = {
		...listed,
		phase: {
			kind: 'ended',
			title: 'Repair hourly',
			lines: [
				'Done in 277ms.',
				'  result      11 rows touched; the watermark went from 2026-02-28 07:10:15 to 2026-02-28 07:10:45',
				'  rows        106,201 before, 106,204 after',
				'    pending 2026-02-28T07:00Z  input_tokens no row → 5140  workspace=74cd95b5 runtime=4ebb0fa3 agent=429250b9',
				'',
				'  verified    0 drifted, 0 ghosts',
			],
			isWell: true,
		},
	};
	test.each<[string, DeskState]>([
		['desk', listed],
		['desk-asking', plan],
		['desk-running', half],
		['desk-receipt', receipt],
	])('%s', async (name, desk) => {
		for (const [columns, rows] of [
			[80, 24],
			[120, 40],
			[200, 50],
		] as const) {
			const overlay = { kind: 'actions', top: 0 } as const;
			const { lines } = composeFrame(frameInput(undefined, { desk }), { overlay }, columns, rows);
			const drawn = lines.map((each) => `${lineText(each).trimEnd()}\n`).join('');
			await expect(drawn).toMatchFileSnapshot(`frames/${name}-${columns}x${rows}.txt`);
		}
	});
});

describe('keys in the console', () => {
	const open = (over: Partial<typeof environment> = {}) => {
		const driven = driveConsole(reportOf(snapshotOf(allReadings())), { ...environment, ...over });
		return { driven, screen: renderOnScreen(driven.context, 100, 30) };
	};

	test('a opens the desk, whose list has its keys, and others mean what they do elsewhere; a hides it', async () => {
		const { driven, screen } = open();
		await screen.press('a');
		driven.setDesk(listed);
		await screen.press('j');
		await screen.press('\r');
		await screen.press(' ');
		expect(driven.asked).toEqual(['act', 'desk j', 'desk return', 'pause']);
		await screen.press('?');
		expect((await screen.screen()).text).toContain('List the keys');
		await screen.press('?');
		await screen.press('a');
		await screen.press('a');
		expect((await screen.screen()).text).not.toContain('An earlier backfill');
		screen.console.unmount();
	});

	test('while it asks, letters are typed and several at once are pasted', async () => {
		const { driven, screen } = open();
		await screen.press('a');
		driven.setDesk(asked);
		await screen.press('a');
		await screen.press('q');
		await screen.press('prod');
		expect(driven.asked).toEqual(['act', 'desk a', 'desk q', 'desk pasted text']);
		const { lines } = await screen.screen();
		expect(lines.at(-1)).toMatch(/^ esc do nothing/);
		screen.console.unmount();
	});

	test('--read-only disables the key, and the help says why', async () => {
		const { driven, screen } = open({ isReadOnly: true });
		await screen.press('a');
		expect((await screen.screen()).text).toContain('a: tidemark runs read-only');
		expect(driven.asked).toEqual([]);
		screen.console.unmount();
	});
});
