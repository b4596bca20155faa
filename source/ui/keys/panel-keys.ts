import type { Binding, KeyFacts } from '../binding.ts';

const noPanels = ({ panels }: KeyFacts) =>
	panels.length === 0 ? 'no panel to show yet' : undefined;

/** Keys that go from panel to panel, and give one the whole screen. */
export const panelKeys: readonly Binding[] = [
	{
		intent: 'panel',
		keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
		shown: '1–9',
		shownNow: ({ panels }) => `${Math.min(...panels)}–${Math.max(...panels)}`,
		label: () => 'panel',
		description: 'Focus the panel with that number',
		footer: 6,
		reason: noPanels,
	},
	{
		intent: 'next-panel',
		keys: ['tab'],
		shown: 'tab',
		label: () => 'next',
		description: 'Focus the next panel',
		reason: noPanels,
	},
	{
		intent: 'previous-panel',
		keys: ['shift-tab'],
		shown: 'shift-tab',
		label: () => 'previous',
		description: 'Focus the panel before',
		reason: noPanels,
	},
	{
		intent: 'zoom',
		keys: ['z'],
		shown: 'z',
		label: ({ place }) => (place === 'zoom' ? 'unzoom' : 'zoom'),
		description: 'Give the focused panel, or the one with the worst problem, the whole screen',
		footer: 7,
		reason: noPanels,
	},
];
