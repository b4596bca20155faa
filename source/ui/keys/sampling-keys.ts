import { type Binding, fasterMs, slowerMs } from '../binding.ts';
import { whyNotInPast } from '../past-keys.ts';

/** Keys for when samples are taken. */
export const samplingKeys: readonly Binding[] = [
	{
		intent: 'pause',
		keys: ['space'],
		shown: 'space',
		label: ({ controls, past }) => {
			if (past?.isRecording) return past.isPlaying ? 'stop' : 'play';
			return controls.isPaused ? 'resume' : 'pause';
		},
		description: 'Pause or resume sampling; play a recording, or stop it',
		footer: 4,
		reason: (facts) => {
			if (!facts.past?.isRecording) return whyNotInPast(facts);
			return facts.past.isNewest ? 'the recording ends here' : undefined;
		},
	},
	{
		intent: 'refresh',
		keys: ['R'],
		shown: 'R',
		label: ({ isLost }) => (isLost ? 'retry' : 'refresh'),
		description: 'Sample now, also while paused; try a lost connection at once',
		footer: 5,
		reason: whyNotInPast,
	},
	{
		intent: 'slower',
		keys: ['+', '='],
		shown: '+',
		label: () => 'slower',
		description: 'Sample less often, down to once a minute; = too',
		footer: 9,
		reason: (facts) =>
			whyNotInPast(facts) ??
			(slowerMs(facts.controls) === undefined ? 'already as slow as it goes' : undefined),
	},
	{
		intent: 'faster',
		keys: ['-', '_'],
		shown: '-',
		label: () => 'faster',
		description: 'Sample more often, up to once a second; _ too',
		footer: 10,
		reason: (facts) =>
			whyNotInPast(facts) ??
			(fasterMs(facts.controls) === undefined ? 'already as fast as it goes' : undefined),
	},
];
