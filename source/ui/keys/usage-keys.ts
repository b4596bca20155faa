import type { Binding } from '../binding.ts';
import { whyNotInPast } from '../past-keys.ts';

/** Keys that open usage, and say in it what is shown. */
export const usageKeys: readonly Binding[] = [
	{
		intent: 'usage',
		keys: ['u'],
		shown: 'u',
		label: ({ place }) => (place === 'usage' ? 'close' : 'usage'),
		description: 'Show tokens used by everybody, or by the selected runtime or workspace',
		footer: 3.5,
		reason: (facts) =>
			whyNotInPast(facts) ??
			(facts.isLost && facts.place !== 'usage' ? 'there is no server to ask' : undefined),
	},
	{
		intent: 'usage-by',
		keys: ['b'],
		only: ['usage'],
		shown: 'b',
		label: () => 'by',
		description: 'Usage by day, by week, by agent and model, by model, by hour (a heat map)',
		footer: 1,
		reason: whyNotInPast,
	},
	{
		intent: 'usage-span',
		keys: ['w'],
		only: ['usage'],
		shown: 'w',
		label: () => 'span',
		description: 'Usage of 1, 7, 30, 90 or 365 days',
		footer: 1.1,
		reason: whyNotInPast,
	},
	{
		intent: 'usage-source',
		keys: ['s'],
		only: ['usage'],
		shown: 's',
		label: () => 'source',
		description: 'Usage from what the instance reads, the hourly rollup, the daily one, or raw',
		footer: 1.2,
		reason: whyNotInPast,
	},
	{
		intent: 'usage-zone',
		keys: ['T'],
		only: ['usage'],
		shown: 'T',
		label: () => 'zone',
		description: 'Type the time zone whose days these are, such as Europe/Berlin',
		footer: 1.3,
		reason: whyNotInPast,
	},
	{
		intent: 'usage-whose',
		keys: ['o'],
		only: ['usage'],
		shown: 'o',
		label: () => 'whose',
		description: 'Type whose usage: all, runtime NAME or workspace NAME',
		footer: 1.4,
		reason: whyNotInPast,
	},
];
