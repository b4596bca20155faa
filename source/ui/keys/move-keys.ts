import type { Binding, KeyFacts } from '../binding.ts';

const nothingToScroll = ({ maxTop, rows, nextPage, isLaterPage }: KeyFacts) => {
	if (rows === undefined) return maxTop === 0 ? 'all of it is visible' : undefined;
	return rows.keys.length > 0 || nextPage || isLaterPage ? undefined : 'there is no row';
};

/** Keys that scroll, or move the selection. */
export const moveKeys: readonly Binding[] = [
	{
		intent: 'up',
		keys: ['up', 'k'],
		shown: '↑ k',
		label: () => 'up',
		description: 'Scroll up by a line, or select the row above',
		reason: nothingToScroll,
	},
	{
		intent: 'down',
		keys: ['down', 'j'],
		shown: '↓ j',
		label: () => 'down',
		description: 'Scroll down by a line, or select the row below',
		reason: nothingToScroll,
	},
	{
		intent: 'page-up',
		keys: ['pageup'],
		shown: 'page up',
		label: () => 'page up',
		description: 'Scroll up by a page',
		reason: nothingToScroll,
	},
	{
		intent: 'page-down',
		keys: ['pagedown'],
		shown: 'page down',
		label: () => 'page down',
		description: 'Scroll down by a page',
		reason: nothingToScroll,
	},
	{
		intent: 'top',
		keys: ['g', 'home'],
		shown: 'g',
		label: () => 'top',
		description: 'Scroll to the first line; home too',
		reason: nothingToScroll,
	},
	{
		intent: 'bottom',
		keys: ['G'],
		shown: 'G',
		label: () => 'bottom',
		description: 'Scroll to the last line',
		reason: nothingToScroll,
	},
];
