import { describe, expect, test } from 'vitest';
import { emptyDesk } from '../../source/actions/desk-state.ts';
import { keyTable } from '../../source/ui/key-table.ts';
import { bindings } from '../../source/ui/keymap.ts';
import { press } from '../../source/ui/press.ts';
import { initialState, type StepFacts, type UiState } from '../../source/ui/state.ts';

const facts: StepFacts = {
	controls: { isPaused: false, intervalMs: 2000 },
	panels: [1, 2, 3, 6],
	place: 'overview',
	top: 0,
	maxTop: 10,
	pageRows: 5,
	canGoBack: true,
	desk: emptyDesk,
	whyNoActions: undefined,
	suggested: undefined,
	isTyping: false,
	isLost: false,
	hasDiagnosis: false,
	hasHistory: true,
	past: undefined,
	targets: [],
	target: undefined,
	isWatching: false,
	whyNoTargets: undefined,
	worstPanel: 3,
	panelTitles: new Map([[5, 'Activity']]),
	screenText: () => 'the screen',
};

/** The state after several keys, none of which is expected to ask for anything. */
const pressed = (keys: readonly string[], from: UiState = initialState, given = facts): UiState =>
	keys.reduce((state, key) => press(state, key, given).state, from);

const help = (query = '', isTyping = false, top = 0): UiState => ({
	overlay: { kind: 'help', top, query, isTyping },
});

describe('what a key asks for', () => {
	test.each([
		['q', { kind: 'quit' }],
		['ctrl-c', { kind: 'quit' }],
		['space', { kind: 'pause' }],
		['R', { kind: 'refresh' }],
		['d', { kind: 'diagnose' }],
		['+', { kind: 'interval', intervalMs: 5000 }],
		['=', { kind: 'interval', intervalMs: 5000 }],
		['-', { kind: 'interval', intervalMs: 1000 }],
	])('%s', (key, command) => {
		expect(press(initialState, key, facts).command).toEqual(command);
	});

	test('R in the diagnosis asks for a new one, and d closes it', () => {
		const open: UiState = { overlay: { kind: 'diagnosis', top: 3 } };
		expect(press(open, 'R', facts)).toEqual({ state: open, command: { kind: 'diagnose' } });
		expect(press(open, 'd', facts)).toEqual({ state: {} });
	});

	test('without a server there is nobody to ask, and what was found stays to be read', () => {
		const lost = { ...facts, isLost: true };
		expect(press({}, 'd', lost)).toEqual({ state: { notice: 'd: there is no server to ask' } });
		const open: UiState = { overlay: { kind: 'diagnosis', top: 0 } };
		expect(press(open, 'd', { ...lost, place: 'diagnosis' })).toEqual({ state: {} });
		// Closed, it can be opened again, and nobody is asked.
		expect(press({}, 'd', { ...lost, hasDiagnosis: true })).toEqual({ state: open });
	});

	test('space resumes what is paused', () => {
		const paused = { ...facts, controls: { isPaused: true, intervalMs: 2000 } };
		expect(press(initialState, 'space', paused).command).toEqual({ kind: 'resume' });
	});

	test('an interval of the user is stepped from, and the ends say so', () => {
		const at = (intervalMs: number) => ({ ...facts, controls: { isPaused: false, intervalMs } });
		expect(press({}, '+', at(3000)).command).toEqual({ kind: 'interval', intervalMs: 5000 });
		expect(press({}, '-', at(3000)).command).toEqual({ kind: 'interval', intervalMs: 2000 });
		expect(press({}, '+', at(60_000))).toEqual({
			state: { notice: '+: already as slow as it goes' },
		});
		expect(press({}, '-', at(500))).toEqual({ state: { notice: '-: already as fast as it goes' } });
	});
});

test('every key is named where its binding is told of', () => {
	for (const { keys, shown, description } of bindings) {
		if (shown === '1–9') continue;
		const named = `${shown} ${description} ← → ↑ ↓`;
		const names: Readonly<Record<string, string>> = {
			left: '←',
			right: '→',
			up: '↑',
			down: '↓',
			return: 'enter',
			escape: 'esc',
			pageup: 'page up',
			pagedown: 'page down',
		};
		for (const key of keys) expect(named.split(/[\s,;]+/).join(' ')).toContain(names[key] ?? key);
	}
});

describe('where a key leads', () => {
	test.each<[string, readonly string[], UiState]>([
		['a panel by its number', ['2'], { focus: 2 }],
		['the next panels, round about', ['tab', 'tab', 'tab', 'tab', 'tab'], { focus: 1 }],
		['the panel before', ['shift-tab', 'shift-tab'], { focus: 3 }],
		[
			'the focused panel at full size',
			['2', 'z'],
			{ focus: 2, view: { kind: 'zoom', panel: 2, top: 0 } },
		],
		[
			'the worst panel where none is focused',
			['z'],
			{ focus: 3, view: { kind: 'zoom', panel: 3, top: 0 } },
		],
		[
			'from one big panel to another',
			['z', '6'],
			{ focus: 6, view: { kind: 'zoom', panel: 6, top: 0 } },
		],
		['back to the overview', ['z', 'z'], { focus: 3 }],
		['back step by step', ['z', 'escape'], { focus: 3 }],
		['back to where it began', ['z', 'escape', 'escape', 'escape'], {}],
		[
			'the help over a big panel',
			['z', '?', 'escape'],
			{ focus: 3, view: { kind: 'zoom', panel: 3, top: 0 } },
		],
		[
			'from the log to a panel at full size',
			['L', 'z'],
			{ focus: 3, view: { kind: 'zoom', panel: 3, top: 0 } },
		],
		[
			'from the help to the big panel under it',
			['z', '?', 'z'],
			{ focus: 3, view: { kind: 'zoom', panel: 3, top: 0 } },
		],
		['the log, and out of it by the same key', ['L', 'L'], {}],
		['from the log to the help', ['L', '?'], help()],
	])('%s', (_, keys, expected) => {
		expect(pressed(keys)).toEqual(expected);
	});

	test('a panel that is not here says so, until the next key', () => {
		expect(pressed(['5'])).toEqual({ notice: '5 Activity: not in this database' });
		expect(pressed(['9'])).toEqual({ notice: 'no panel has number 9' });
		expect(pressed(['5', 'x'])).toEqual({});
	});

	test('a key that can do nothing gives its reason', () => {
		const empty = { ...facts, panels: [], maxTop: 0 };
		expect(pressed(['tab'], {}, empty).notice).toBe('tab: no panel to show yet');
		expect(pressed(['j'], {}, empty).notice).toBe('↓ j: all of it is visible');
	});
});

describe('scrolling', () => {
	const zoom = (top: number): UiState => ({ view: { kind: 'zoom', panel: 3, top } });
	test.each<[readonly string[], number]>([
		[['j', 'down', 'down'], 3],
		[['k'], 0],
		[['G'], 10],
		[['G', 'k', 'up'], 8],
		[['pagedown'], 4],
		[['G', 'pageup'], 6],
		[['G', 'j'], 10],
		[['G', 'g'], 0],
	])('%s', (keys, top) => {
		expect(pressed(keys, zoom(0))).toEqual(zoom(top));
		expect(pressed(keys, help())).toEqual(help('', false, top));
	});

	test('goes on from what is shown when there is less than before', () => {
		expect(pressed(['k'], zoom(99))).toEqual(zoom(9));
	});
});

describe('the search of the help', () => {
	const inHelp: StepFacts = { ...facts, place: 'help' };
	const typed = (keys: readonly string[]) => pressed(['?', '/', ...keys], {}, inHelp);

	test('takes letters that are keys elsewhere', () => {
		expect(typed(['q', 'space', 'R'])).toEqual(help('q R', true));
	});
	test('is kept by enter, forgotten by esc', () => {
		expect(typed(['z', 'o', 'return'])).toEqual(help('zo'));
		expect(typed(['z', 'o', 'escape'])).toEqual(help());
		expect(typed(['z', 'o', 'return', 'escape'])).toEqual(help());
		expect(typed(['z', 'o', 'return', 'escape', 'escape'])).toEqual({});
	});
	test('can be mended, and left by ctrl-c', () => {
		expect(typed(['z', 'backspace', 'p', 'up'])).toEqual(help('p', true));
		expect(press(typed(['z']), 'ctrl-c', inHelp).command).toEqual({ kind: 'quit' });
	});
});

describe('the key table', () => {
	test('gives a key to one binding only, wherever it is pressed', () => {
		const keys = bindings.flatMap(({ keys: each, only = ['anywhere'] }) =>
			each.flatMap((key) => only.map((place) => `${key} in ${place}`)),
		);
		expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted());
	});

	test('has no key that does nothing: each changes the state or asks for something', () => {
		const inHelp: UiState = {
			...help('', false, 3),
			view: { kind: 'zoom', panel: 3, top: 3 },
			focus: 3,
		};
		for (const { keys } of bindings) {
			const steps = [initialState, inHelp].map((state) => {
				const step = press(state, keys[0] ?? '', {
					...facts,
					place: state === inHelp ? 'help' : 'overview',
				});
				return step.command !== undefined || step.state !== state
					? JSON.stringify(step) !== JSON.stringify({ state })
					: false;
			});
			expect(steps, keys[0]).toContain(true);
		}
	});

	test('is what the README shows: every binding, as Markdown', () => {
		expect(keyTable().split('\n')).toHaveLength(bindings.length + 2);
		expect(keyTable()).toContain('| `z` | Give the focused panel');
	});
});
