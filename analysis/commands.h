/*
 * The commands of analysis/: each gets the argument vector from its own name on
 * and returns the exit status of holdup.
 */
#ifndef ANALYSIS_COMMANDS_H
#define ANALYSIS_COMMANDS_H

int report_main(int argc, char **argv);
int diff_main(int argc, char **argv);
int export_main(int argc, char **argv);
int whatif_main(int argc, char **argv);
int race_main(int argc, char **argv);

#endif
