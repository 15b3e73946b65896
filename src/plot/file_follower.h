// A file of decisions, followed as it grows, for a page and for pictures: what comes goes to the archive, and to the
// event feed of who looks. look() and health_json() on one thread, the rest on any.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/event_feed.h"
#include "http/http_message.h"
#include "io/followed_file.h"
#include "plot/decision_archive.h"
#include "plot/decision_lines.h"
#include "plot/page_answers.h"
#include "plot/plot_data.h"
#include "plot/plot_options.h"
#include "wire/line_splitter.h"

namespace streamd::plot {

class FileFollower {
 public:
  // They outlive it.
  FileFollower(const PlotOptions& options, EventFeed& feed, const Clock& clock);

  // Takes what is there, up to some megabytes. False: there is no more for now.
  Result<bool> look();
  bool is_there() const { return file_.is_there(); }
  // What a page is told each second.
  std::string health_json() const;
  std::string complaint() const;

  HttpResponse history(const HttpRequest& request) const;
  std::vector<SymbolSeries> series() const;  // by name
  std::uint64_t version() const;             // another one: series() has changed

 private:
  void take(std::string_view bytes);
  void begin_anew();
  void settle();
  PageNames names() const { return {lines_.symbols(), lines_.words()}; }

  const PlotOptions& options_;
  EventFeed& feed_;
  const Clock& clock_;
  FollowedFile file_;
  std::vector<char> block_;
  LineSplitter splitter_;
  bool has_more_ = false;
  mutable std::mutex mutex_;  // of all that follows
  DecisionArchive archive_;
  DecisionLines lines_;
  std::size_t symbols_told_ = 0;
};

}  // namespace streamd::plot
