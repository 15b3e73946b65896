// Where queries and the store meet. Each query runs in a process of its own (query_worker.h), which reads the
// database file between the store's batches: it keeps out no other program that reads. That process is the copy of one that waits
// ready (worker_template.h) and holds no file. When a batch is due no more queries are
// let in; those that run have `patience` to end, then they are killed, which takes milliseconds whatever they do: so
// the batch is late by no more than that. A query that was killed for a batch waits for the batch's end and is run once
// more, one that comes during a batch waits, too; all that within its time. While the store holds the file for good,
// queries are refused.
// Any thread asks; one thread, the store's, writes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "store/guarded_query.h"
#include "store/query_worker.h"
#include "store/worker_template.h"

namespace streamd {

struct DeskOptions {
  std::string path;                      // of the database
  std::chrono::milliseconds patience{800};  // less than a flush interval: ending takes a moment, too
  bool exclusive = false;                // the store holds the file for good
  bool prepared = false;                 // for the first query, too
  std::size_t max_running = 3;           // others wait for their turn
  QueryLimits limits;
  std::string program = "/proc/self/exe";  // that runs a query when the word says so
};

struct QueryAnswer {
  enum class Outcome {
    done,
    refused,      // by what it is, or by DuckDB: the same again gives the same
    busy,         // a batch or other queries were in the way: try again
    out_of_time,
    gone,         // nobody waits for it any more
  };
  Outcome outcome = Outcome::busy;
  std::string text;  // the result, or one line that says why there is none
  Truncation truncation = Truncation::none;
};

class QueryDesk {
 public:
  explicit QueryDesk(DeskOptions options);
  ~QueryDesk();  // nobody asks any more

  const QueryLimits& limits() const { return options_.limits; }

  // Returns after the time limit at the latest, and soon after is_gone() says true.
  QueryAnswer ask(const std::string& sql, ResultFormat format, const std::function<bool()>& is_gone) {
    return ask_copy(std::string(to_text(format)), sql, is_gone);
  }
  // SQL of the daemon itself, which need not be looked at: the text in its first row and column, or none.
  QueryAnswer ask_value(const std::string& own_sql, const std::function<bool()>& is_gone) {
    return ask_copy(std::string(kOwnValueWord), own_sql, is_gone);
  }
  // Ends all queries; later ones are refused.
  void close();

  // The file is the store's as long as this lives. The store's thread, one at a time.
  class Batch {
   public:
    explicit Batch(QueryDesk& desk) : desk_(desk) { desk_.begin_batch(); }
    ~Batch() { desk_.end_batch(); }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

   private:
    QueryDesk& desk_;
  };

  struct Counts {
    std::uint64_t done = 0;
    std::uint64_t refused = 0;
    std::uint64_t killed_for_batch = 0;
    std::uint64_t killed_for_time = 0;
    std::chrono::milliseconds longest_wait{0};  // of a batch, for queries to end
  };
  Counts counts() const;
  const WorkerTemplate& workers() const { return template_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Running;
  enum class Admission { in, closed, too_late, gone };
  enum class End { complete, broken, for_batch, orphaned, out_of_time, gone, closed };

  void begin_batch();
  void end_batch();
  void kill_all();  // with the mutex
  void forget_ended();  // with the mutex
  QueryAnswer ask_copy(const std::string& word, const std::string& sql, const std::function<bool()>& is_gone);
  static bool is_starting(const Running* running);
  Admission admit(Running& running, Clock::time_point deadline, const std::function<bool()>& is_gone);
  // One process, from its start to its end. `output` is what it has written.
  Result<End> run(Running& running, const std::string& word, const std::string& sql, Clock::time_point deadline,
                  const std::function<bool()>& is_gone, std::string& output);
  End read_output(const WorkerProcess& process, Clock::time_point deadline, const std::function<bool()>& is_gone,
                  std::string& output) const;
  QueryAnswer answer_from(std::string_view output) const;
  QueryAnswer count(QueryAnswer answer);

  const DeskOptions options_;
  WorkerTemplate template_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Running*> running_;
  std::vector<WorkerProcess> ending_;  // have answered, and may hold the file for a moment yet
  bool in_batch_ = false;  // or one waits for queries to end
  bool closed_ = false;
  Counts counts_;
};

}  // namespace streamd
