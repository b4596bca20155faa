import { type Binding, fasterMs, type KeyFacts, slowerMs } from './binding.ts';
import { actionLabel } from './overlays/actions.ts';

const noPanels = ({ panels }: KeyFacts) =>
	panels.length === 0 ? 'no panel to show yet' : undefined;
const nothingToScroll = ({ maxTop }: KeyFacts) =>
	maxTop === 0 ? 'all of it is visible' : undefined;

const always = (label: string) => () => label;

/** All bindings of this version; a key that isn't here does nothing. */
export const bindings: readonly Binding[] = [
	{
		intent: 'help',
		keys: ['?'],
		shown: '?',
		label: ({ isHelp }) => (isHelp ? 'close' : 'help'),
		description: 'List the keys and what the glyphs mean; / in it searches',
		footer: 0,
	},
	{
		intent: 'diagnose',
		keys: ['d'],
		shown: 'd',
		label: ({ isDiagnosis }) => (isDiagnosis ? 'close' : 'diagnose'),
		description: 'Say what is wrong, why, and what to do; R in it asks again',
		footer: 2,
		reason: ({ isLost, isDiagnosis }) =>
			isLost && !isDiagnosis ? 'there is no server to ask' : undefined,
	},
	{
		intent: 'actions',
		keys: ['a'],
		shown: 'a',
		label: ({ desk, isActions }) => actionLabel(desk, isActions),
		description: 'Act on a rollup: tick, replay, repair, backfill; it asks first',
		footer: 3,
		reason: ({ whyNoActions, isActions }) => (isActions ? undefined : whyNoActions),
	},
	{
		intent: 'pause',
		keys: ['space'],
		shown: 'space',
		label: ({ controls }) => (controls.isPaused ? 'resume' : 'pause'),
		description: 'Pause or resume sampling',
		footer: 4,
	},
	{
		intent: 'refresh',
		keys: ['R'],
		shown: 'R',
		label: ({ isLost }) => (isLost ? 'retry' : 'refresh'),
		description: 'Sample now, also while paused; try a lost connection at once',
		footer: 5,
	},
	{
		intent: 'slower',
		keys: ['+', '='],
		shown: '+',
		label: always('slower'),
		description: 'Sample less often, down to once a minute',
		footer: 9,
		reason: ({ controls }) =>
			slowerMs(controls.intervalMs) === undefined ? 'already as slow as it goes' : undefined,
	},
	{
		intent: 'faster',
		keys: ['-', '_'],
		shown: '-',
		label: always('faster'),
		description: 'Sample more often, up to once a second',
		footer: 10,
		reason: ({ controls }) =>
			fasterMs(controls.intervalMs) === undefined ? 'already as fast as it goes' : undefined,
	},
	{
		intent: 'panel',
		keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
		shown: '1–6',
		label: always('panel'),
		description: 'Focus the panel with that number',
		footer: 6,
		reason: noPanels,
	},
	{
		intent: 'next-panel',
		keys: ['tab'],
		shown: 'tab',
		label: always('next'),
		description: 'Focus the next panel',
		reason: noPanels,
	},
	{
		intent: 'previous-panel',
		keys: ['shift-tab'],
		shown: 'shift-tab',
		label: always('previous'),
		description: 'Focus the panel before',
		reason: noPanels,
	},
	{
		intent: 'zoom',
		keys: ['z', 'return'],
		shown: 'z, enter',
		label: ({ isZoomed }) => (isZoomed ? 'unzoom' : 'zoom'),
		description: 'Give the focused panel, or the one with the worst problem, the whole screen',
		footer: 7,
		reason: noPanels,
	},
	{
		intent: 'log',
		keys: ['L'],
		shown: 'L',
		label: always('log'),
		description: 'Show what happened, newest first',
		footer: 8,
	},
	{
		intent: 'search',
		keys: ['/'],
		shown: '/',
		label: always('search'),
		description: 'Search the help; enter keeps what was found, esc forgets it',
		reason: ({ isHelp }) => (isHelp ? undefined : 'in the help only'),
	},
	{
		intent: 'up',
		keys: ['up', 'k'],
		shown: '↑ k',
		label: always('up'),
		description: 'Scroll up by a line: help, log, zoomed panel',
		reason: nothingToScroll,
	},
	{
		intent: 'down',
		keys: ['down', 'j'],
		shown: '↓ j',
		label: always('down'),
		description: 'Scroll down by a line',
		reason: nothingToScroll,
	},
	{
		intent: 'page-up',
		keys: ['pageup'],
		shown: 'page up',
		label: always('page up'),
		description: 'Scroll up by a page',
		reason: nothingToScroll,
	},
	{
		intent: 'page-down',
		keys: ['pagedown'],
		shown: 'page down',
		label: always('page down'),
		description: 'Scroll down by a page',
		reason: nothingToScroll,
	},
	{
		intent: 'top',
		keys: ['g', 'home'],
		shown: 'g',
		label: always('top'),
		description: 'Scroll to the first line',
		reason: nothingToScroll,
	},
	{
		intent: 'bottom',
		keys: ['G', 'end'],
		shown: 'G',
		label: always('bottom'),
		description: 'Scroll to the last line',
		reason: nothingToScroll,
	},
	{
		intent: 'back',
		keys: ['escape'],
		shown: 'esc',
		label: always('back'),
		description: 'Close what is open, unfocus',
		footer: 1,
		reason: ({ canGoBack }) => (canGoBack ? undefined : 'nothing is open'),
	},
	{
		intent: 'quit',
		keys: ['q', 'ctrl-c'],
		shown: 'q',
		label: always('quit'),
		description: 'Quit; ctrl-c does too',
		footer: 1,
	},
];

/** The binding of a key; undefined for a key that is for nothing. */
export const bindingOf = (key: string): Binding | undefined =>
	bindings.find(({ keys }) => keys.includes(key));
