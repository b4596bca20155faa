import type { Binding, KeyFacts } from '../binding.ts';
import { whyNotInPast } from '../past-keys.ts';

/** Of a list that is read off the server nothing is there in the past, of a lost server no panel. */
const nothingThere = ({ past, place, rows, panels }: KeyFacts) => {
	if (place === 'overview' && panels.length === 0) return 'no panel to show yet';
	return past && place === 'list' && rows === undefined
		? 'nothing of this list is kept'
		: undefined;
};

const oneRow = ({ rows }: KeyFacts) =>
	(rows?.keys.length ?? 0) === 0 ? 'there is no row' : undefined;

/** Keys for what can be opened, narrowed down and sorted. */
export const listKeys: readonly Binding[] = [
	{
		intent: 'open',
		keys: ['return'],
		shown: 'enter',
		label: ({ place, opensWhat }) => opensWhat ?? (place === 'list' ? 'detail' : 'open'),
		description:
			'Open the rows behind the focused or worst panel, then the selected row, then what belongs to it',
		footer: 1.5,
		reason: ({ place, panels, opens, past }) => {
			if (place === 'overview' || place === 'zoom') {
				if (panels.length === 0) return 'no panel to show yet';
				return past ? 'the rows behind a panel are not kept: z shows what is' : undefined;
			}
			return opens === undefined ? 'there is nothing to open' : undefined;
		},
	},
	{
		intent: 'filter',
		keys: ['/'],
		only: ['overview', 'list', 'log', 'help'],
		shown: '/',
		label: ({ place }) => (place === 'help' ? 'search' : 'filter'),
		description: 'Filter panels, rows, events or keys; enter keeps it, esc forgets it',
		footer: 4.6,
		reason: nothingThere,
	},
	{
		intent: 'problems',
		keys: ['!'],
		only: ['overview', 'list', 'log'],
		shown: '!',
		label: () => 'problems',
		description: 'Show problems only, or all again',
		footer: 4.7,
		reason: nothingThere,
	},
	{
		intent: 'previous-list',
		keys: ['left', 'h'],
		only: ['list'],
		shown: '←→',
		label: () => 'lists',
		description: 'The list beside this one: running, oldest ready, stuck, failing; h and l too',
		footer: 4.55,
		reason: ({ siblings = 1 }) => (siblings < 2 ? 'there is no other list here' : undefined),
	},
	{
		intent: 'next-list',
		keys: ['right', 'l'],
		only: ['list'],
		shown: '→',
		label: () => 'next list',
		description: 'The next list of the panel',
		reason: ({ siblings = 1 }) => (siblings < 2 ? 'there is no other list here' : undefined),
	},
	{
		intent: 'previous-column',
		keys: ['<'],
		only: ['list'],
		shown: '<',
		label: () => 'sort',
		description: 'Sort by the column before, in the end as the server gave them',
		reason: oneRow,
	},
	{
		intent: 'next-column',
		keys: ['>'],
		only: ['list'],
		shown: '>',
		label: () => 'sort',
		description: 'Sort by the next column, the largest first',
		footer: 4.8,
		reason: oneRow,
	},
	{
		intent: 'invert',
		keys: ['I'],
		only: ['list'],
		shown: 'I',
		label: () => 'invert',
		description: 'Sort the other way round',
		reason: oneRow,
	},
	{
		intent: 'copy',
		keys: ['y'],
		shown: 'y',
		label: () => 'copy',
		description: 'Copy the selected row, the next step of a diagnosis, or the screen (OSC 52)',
		footer: 8.5,
	},
	{
		intent: 'palette',
		keys: [':'],
		shown: ':',
		label: () => 'palette',
		description: 'Find a key, a list or an action by a few letters, and run it',
		footer: 4.5,
	},
	{
		intent: 'samplers',
		keys: ['S'],
		shown: 'S',
		label: () => 'samplers',
		description: 'List the samplers: age, time, rows, timeouts, and the plan of each',
	},
	{
		intent: 'database',
		keys: ['D'],
		shown: 'D',
		label: () => 'sessions',
		description: 'List the sessions of the server, the oldest transaction first',
		reason: whyNotInPast,
	},
];
