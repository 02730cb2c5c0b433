/*
 * The commands of plots/: each gets the argument vector from its own name on
 * and returns the exit status of holdup.
 */
#ifndef PLOTS_COMMANDS_H
#define PLOTS_COMMANDS_H

int plot_main(int argc, char **argv);

#endif
