// The figures, each measured by its own function: runs of ours and of the baseline take turns, A B A B.
#pragma once

#include "bench/report.h"
#include "bench/workspace.h"

namespace streamd::bench {

void measure_tail(const Workspace& space, Report& report);
void measure_load(const Workspace& space, Report& report);
void measure_tcp(const Workspace& space, Report& report);
void measure_journal(const Workspace& space, Report& report);
void measure_acks(const Workspace& space, Report& report);
void measure_ack_latency(const Workspace& space, Report& report);
void measure_recovery(const Workspace& space, Report& report);
void measure_bars(const Workspace& space, Report& report);
void measure_decisions(const Workspace& space, Report& report);
void measure_decision_latency(const Workspace& space, Report& report);
void measure_symbols(const Workspace& space, Report& report);
void measure_table_size(const Workspace& space, Report& report);
void measure_summary_views(const Workspace& space, Report& report);
void measure_query_latency(const Workspace& space, Report& report);
void measure_query_ingest(const Workspace& space, Report& report);
void measure_event_streams(const Workspace& space, Report& report);
void measure_general(const Workspace& space, Report& report);

}  // namespace streamd::bench
