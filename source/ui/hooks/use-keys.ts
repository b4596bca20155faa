import { useApp, useInput } from 'ink';
import { useLayoutEffect, useRef } from 'react';
import { type Controls, type DiagnosisSource, useConsole } from '../console-context.ts';
import { keyNames } from '../key-name.ts';
import { type Command, press, type StepFacts, type UiState } from '../state.ts';

/**
 * Keys turned into states and commands. Several keys may arrive before the next render: each one
 * acts on the state that the one before it left.
 */
export function useKeys(state: UiState, facts: StepFacts, setState: (next: UiState) => void): void {
	const { controls, diagnosis } = useConsole();
	const { exit } = useApp();
	const latest = useRef(state);
	useLayoutEffect(() => {
		latest.current = state;
	}, [state]);
	useInput((input, key) => {
		for (const name of keyNames(input, key)) {
			const step = press(latest.current, name, { ...facts, controls: controls.state() });
			latest.current = step.state;
			if (step.command !== undefined) carryOut(step.command, { controls, diagnosis, exit });
		}
		setState(latest.current);
	});
}

type World = {
	readonly controls: Controls;
	readonly diagnosis: DiagnosisSource;
	readonly exit: () => void;
};

function carryOut(command: Command, { controls, diagnosis, exit }: World): void {
	if (command.kind === 'quit') exit();
	else if (command.kind === 'interval') controls.setIntervalMs(command.intervalMs);
	else if (command.kind === 'diagnose') diagnosis.ask();
	else controls[command.kind]();
}
