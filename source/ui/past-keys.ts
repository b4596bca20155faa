import type { TimeStep } from '../health/timeline.ts';
import type { Binding, Intent, KeyFacts, PastFacts } from './binding.ts';
import type { Environment } from './console-context.ts';

/** Where the keys of time lead. */
export const timeSteps: { readonly [Key in Intent]?: TimeStep } = {
	'past-back': 'back',
	'past-forward': 'forward',
	'minute-back': 'minute-back',
	'minute-forward': 'minute-forward',
	live: 'end',
};

/** What the keys must know of a moment of the past; undefined: one looks at what is. */
export const pastFacts = (
	moment: Omit<PastFacts, 'isRecording'> | undefined,
	{ recording }: Environment,
): PastFacts | undefined =>
	moment && {
		isRecording: recording !== undefined,
		isPlaying: moment.isPlaying,
		isNewest: moment.isNewest,
		isOldest: moment.isOldest,
	};

/** Why what samples or changes can do nothing while one looks at the past; undefined: one doesn't. */
export function whyNotInPast({ past }: Pick<KeyFacts, 'past'>): string | undefined {
	if (past === undefined) return undefined;
	return past.isRecording
		? 'this is a recording: there is no server'
		: 'this is the past: end goes back to what is now';
}

const noOlder = ({ past, hasHistory }: KeyFacts) =>
	past?.isOldest || !hasHistory ? 'nothing older is kept' : undefined;
const noNewer = ({ past }: KeyFacts) => {
	if (past === undefined) return 'this is live: there is nothing newer';
	return past.isRecording && past.isNewest ? 'the recording ends here' : undefined;
};

/** The keys that go through time. */
export const pastBindings: readonly Binding[] = [
	{
		intent: 'past-back',
		keys: ['['],
		shown: '[',
		label: ({ past }) => (past ? 'earlier' : 'history'),
		description: 'Step back by one sample: every panel as it was; sampling goes on',
		footer: ({ past }) => (past ? 0.6 : 11),
		reason: noOlder,
	},
	{
		intent: 'past-forward',
		keys: [']'],
		shown: ']',
		label: () => 'later',
		description: 'Step forward by one sample',
		footer: 0.7,
		reason: noNewer,
	},
	{
		intent: 'minute-back',
		keys: ['{'],
		shown: '{',
		label: () => 'minute earlier',
		description: 'Step back by a minute',
		reason: noOlder,
	},
	{
		intent: 'minute-forward',
		keys: ['}'],
		shown: '}',
		label: () => 'minute later',
		description: 'Step forward by a minute',
		reason: noNewer,
	},
	{
		intent: 'live',
		keys: ['end'],
		shown: 'end',
		label: ({ past }) => (past?.isRecording ? 'its end' : 'live'),
		description: 'Back to what is now; of a recording, its end',
		footer: 0.5,
		reason: noNewer,
	},
];
