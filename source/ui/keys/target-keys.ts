import type { Binding } from '../binding.ts';

/** Keys for other targets than the one that is shown. */
export const targetKeys: readonly Binding[] = [
	{
		intent: 'targets',
		keys: ['t'],
		shown: 't',
		label: ({ place }) => (place === 'fleet' ? 'close' : 'targets'),
		description: 'Choose another target; f in the list watches all of them',
		// Where there is nothing else to look at, the others come before what changes nothing.
		footer: ({ panels }) => (panels.length === 0 ? 3.9 : 10.5),
		reason: ({ whyNoTargets }) => whyNoTargets,
	},
	{
		intent: 'open-target',
		keys: ['return'],
		only: ['fleet'],
		shown: 'enter',
		label: () => 'open',
		description: 'Among the targets: show that one, and close this one',
		footer: 1,
	},
	{
		intent: 'watch-fleet',
		keys: ['f'],
		only: ['fleet'],
		shown: 'f',
		label: ({ isWatching }) => (isWatching ? 'stop watching' : 'watch'),
		description: 'Among the targets: watch all, a line each, or no longer',
		footer: 2,
	},
];
