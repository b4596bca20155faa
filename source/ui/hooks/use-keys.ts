import { useApp, useInput } from 'ink';
import { useLayoutEffect, useRef } from 'react';
import {
	type ActionsSource,
	type Controls,
	type DiagnosisSource,
	type ReaderSource,
	type TargetsSource,
	type TimelineSource,
	useConsole,
} from '../console-context.ts';
import { keyNames } from '../key-name.ts';
import { pastFacts } from '../past-keys.ts';
import { press } from '../press.ts';
import type { Command, StepFacts, UiState } from '../state.ts';

/**
 * Keys turned into states and commands. Several keys may arrive before the next render: each one
 * acts on the state that the one before it left.
 * @param factsOf what is on screen in a state
 */
export function useKeys(
	state: UiState,
	factsOf: (state: UiState) => StepFacts,
	setState: (next: UiState) => void,
	copy: (text: string) => void,
): void {
	const { controls, diagnosis, actions, reader, timeline, targets, environment } = useConsole();
	const { exit } = useApp();
	const latest = useRef(state);
	useLayoutEffect(() => {
		latest.current = state;
	}, [state]);
	useInput((input, key) => {
		const names = keyNames(input, key);
		// What confirms an action is typed, key by key; several at once are pasted there.
		const isAsking = isAtDesk(latest.current) && actions.state().phase.kind === 'asking';
		for (const name of isAsking && names.length > 1 ? ['pasted text'] : names) {
			const now = {
				...factsOf(latest.current),
				controls: controls.state(),
				desk: actions.state(),
				past: pastFacts(timeline.moment(), environment),
			};
			const step = press(latest.current, name, now);
			latest.current = step.state;
			if (step.command !== undefined)
				carryOut(step.command, {
					controls,
					diagnosis,
					actions,
					reader,
					timeline,
					targets,
					exit,
					copy,
				});
		}
		setState(latest.current);
	});
}

type World = {
	readonly controls: Controls;
	readonly diagnosis: DiagnosisSource;
	readonly actions: ActionsSource;
	readonly reader: ReaderSource;
	readonly timeline: TimelineSource;
	readonly targets: TargetsSource | undefined;
	readonly exit: () => void;
	readonly copy: (text: string) => void;
};

const isAtDesk = ({ overlay }: UiState): boolean => overlay?.kind === 'actions';

function carryOut(command: Command, world: World): void {
	const { controls, diagnosis, actions, reader, timeline, targets, exit, copy } = world;
	if (command.kind === 'quit') exit();
	else if (command.kind === 'interval') controls.setIntervalMs(command.intervalMs);
	else if (command.kind === 'time') timeline.step(command.step);
	else if (command.kind === 'play') timeline.play();
	else if (command.kind === 'stop') timeline.pause();
	// What is known of a moment of the past is known.
	else if (command.kind === 'diagnose' && timeline.moment()) return;
	else if (command.kind === 'diagnose') diagnosis.ask();
	else if (command.kind === 'act') actions.open(command.command);
	else if (command.kind === 'copy') copy(command.text);
	else if (command.kind === 'desk') actions.press(command.key);
	else if (command.kind === 'target') targets?.choose(command.name);
	else {
		controls[command.kind]();
		if (command.kind === 'refresh') reader.refresh();
	}
}
