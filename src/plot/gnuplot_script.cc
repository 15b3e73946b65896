#include "plot/gnuplot_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/utc_text.h"
#include "plot/picture_layout.h"

namespace streamd::plot {
namespace {

constexpr std::size_t kLegendNames = 38;
constexpr Range kLegendPanel{0.02, 0.962};
constexpr double kLegendSpacings[] = {1.1, 0.95};  // close where it has many lines
constexpr std::size_t kLegendLetters = 16;

// Okabe and Ito's colours, that everybody can tell apart, without the yellow, which is faint on white. The next seven
// symbols have the next kind of dashes.
constexpr const char* kColors[] = {"#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#000000"};
constexpr const char* kLightColors[] = {"#8cbedb", "#edb58c", "#8cd0bc", "#f4d28c", "#e7c1d5", "#b0dcf5", "#999999"};
constexpr const char* kZeroLine = "0 lc rgb '#888888' lw 1 notitle";
constexpr const char* kDashes[] = {"solid", "(10,4)", "(3,3)", "(12,4,3,4)", "(18,3,3,3,3,3)"};

struct StateLook {
  int code;
  const char* name;
  int point;
  const char* color;  // in the picture of states
};
constexpr StateLook kLooks[] = {
    {1, "BUY", 9, "#0072b2"},       {-1, "SELL", 11, "#d55e00"},   {0, "FLAT", 7, "#bbbbbb"},
    {-2, "UNKNOWN", 12, "#f0e442"}, {-3, "PARADOX", 2, "#cc79a7"},
};

class Script {
 public:
  template <typename... Args>
  void line(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), text, std::forward<Args>(args)...);
    text_ += '\n';
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

// One `plot` command, piece by piece.
class PlotCommand {
 public:
  template <typename... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    text_ += text_.empty() ? "plot " : ", \\\n     ";
    fmt::format_to(std::back_inserter(text_), text, std::forward<Args>(args)...);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The first letters, by whole UTF-8 characters.
std::string shortened(const std::string& name) {
  std::size_t letters = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((static_cast<unsigned char>(name[i]) & 0xc0) == 0x80) continue;
    if (++letters > kLegendLetters) return name.substr(0, i) + "…";
  }
  return name;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}

// Double ones, all that means something between them by its number. Between single ones gnuplot loses its way where
// quotes of the text come first or side by side.
std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (is_control(c) || c == '"' || c == '\\' || c == '`') {
      fmt::format_to(std::back_inserter(out), "\\{:03o}", c);
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Names of tics are formats.
std::string literal_format(const std::string& name) {
  std::string format;
  for (const char c : name) format += c == '%' ? std::string("%%") : std::string(1, c);
  return format;
}

// What looks the same needs other numbers in each of gnuplot's formats.
struct FormatLook {
  int font_size;
  double point_scale;
  double legend_line;  // pixels, of 1280 across, at a spacing of 1
};
FormatLook look_in(PictureFormat format) {
  if (format == PictureFormat::svg) return {13, 0.6, 19.5};
  return {format == PictureFormat::pdf ? 15 : 10, 1, 15.5};
}

void begin_picture(Script& script, PictureFormat format, int height, const std::string& out) {
  script.line("set encoding utf8");
  std::string terminal = fmt::format("pngcairo noenhanced size {},{}", kPictureWidth, height);
  if (format == PictureFormat::svg) {
    terminal = fmt::format("svg noenhanced size {},{}", kPictureWidth, height);
  } else if (format == PictureFormat::pdf) {
    terminal = fmt::format("pdfcairo noenhanced size {:.3f}in,{:.3f}in", kPictureWidth / 96.0, height / 96.0);
  }
  script.line("set terminal {} font 'sans,{}' background '#ffffff'", terminal, look_in(format).font_size);
  script.line("set output {}", quoted_path(out));
}

void set_time_axis(Script& script, const PlotData& data) {
  const double span = data.last_s - data.first_s;
  const Range axis = time_axis(data);
  script.line("set xrange [{:.3f}:{:.3f}]", axis.low, axis.high);
  script.line("set xtics time");
  const char* format = span < 4 ? "%H:%M:%.3S" : span < 7200 ? "%H:%M:%S" : span < 2 * 86'400 ? "%H:%M" : "%m-%d %H:%M";
  if (span >= 14 * 86'400) format = "%Y-%m-%d";
  script.line("set format x '{}' timedate", format);
  script.line("set grid lc rgb '#dddddd' lw 1 dt solid");
  script.line("set border lc rgb '#666666'");
  script.line("set tics textcolor rgb '#222222'");
}

std::string time_label(const PlotData& data) {
  const auto whole = [](double s) { return utc_text(static_cast<Second>(s)); };
  return fmt::format("UTC, {} to {}", whole(data.first_s), whole(data.last_s));
}

std::string look_of(std::size_t symbol, bool light = false) {
  const std::size_t color = symbol % std::size(kColors);
  const std::size_t dash = symbol / std::size(kColors) % std::size(kDashes);
  return fmt::format("lc rgb '{}' dt {}", light ? kLightColors[color] : kColors[color], kDashes[dash]);
}

std::string file(const std::string& folder, std::size_t symbol, const std::string& what) {
  return quoted_path(fmt::format("{}/{}_{}", folder, symbol, what));
}
std::string name_of(std::size_t symbol, const std::string& what) {
  return fmt::format("{}_{}", symbol, what);
}

// What the legend has below the names.
std::vector<std::string> legend_marks(const PlotData& data, const PictureOptions& options, double point_scale) {
  std::vector<std::string> marks;
  if (options.show_state) {
    marks.push_back("keyentry title ' '");
    for (const StateLook& look : kLooks) {
      const bool is_there = std::any_of(data.files.begin(), data.files.end(), [&](const auto& one) {
        return one.first.ends_with(fmt::format("_state{}", look.code));
      });
      if (!is_there) continue;
      marks.push_back(fmt::format("keyentry with points pt {} ps {:.2f} lc rgb '#444444' title '{}'", look.point,
                                  1.2 * point_scale, look.name));
    }
  }
  if (options.show_posture && !data.observe.empty()) {
    marks.push_back("keyentry with boxes fs solid noborder lc rgb '#e4e4e4' title 'OBSERVE'");
  }
  if (options.urgency_thickness) {
    marks.push_back("keyentry title ' '");
    marks.push_back("keyentry with lines lw 1.2 lc rgb '#444444' title 'less urgent'");
    marks.push_back("keyentry with lines lw 5 lc rgb '#444444' title 'urgent'");
  }
  marks.push_back("keyentry title ' '");
  marks.push_back("keyentry with lines lw 1.5 lc rgb '#999999' title 'gross PnL'");
  marks.push_back("keyentry with lines lw 2 lc rgb '#000000' title 'net of costs'");
  return marks;
}

std::size_t legend_room(double line_pixels, std::size_t marks, int height) {
  const auto lines = static_cast<std::size_t>((kLegendPanel.high - kLegendPanel.low) * height / line_pixels);
  return std::min(kLegendNames, lines - 1 - marks);
}

// A panel of its own, as high as the picture.
void draw_legend(Script& script, const PlotData& data, const PictureOptions& options, const FormatLook& look,
                 int height) {
  const auto marks = legend_marks(data, options, look.point_scale);
  const std::size_t count = data.symbols.size();
  const auto room_at = [&](double spacing) { return legend_room(spacing * look.legend_line, marks.size(), height); };
  const double spacing = kLegendSpacings[count > room_at(kLegendSpacings[0]) ? 1 : 0];
  const std::size_t room = room_at(spacing);
  const std::size_t named = count > room ? room - 1 : count;
  script.line("set key inside left top Left reverse vertical maxrows 60 samplen 2.5 spacing {} noopaque",
              spacing);
  PlotCommand plot;
  plot.add("2 notitle");  // beyond its range: nothing
  for (std::size_t i = 0; i < named; ++i) {
    plot.add("keyentry with lines lw 2 {} title {}", look_of(i), quoted(shortened(data.symbols[i])));
  }
  if (named < count) plot.add("keyentry title '… {} more'", count - named);
  for (const std::string& mark : marks) plot.add("{}", mark);
  script.line("{}", plot.text());
}

// Of the first `drawn` symbols.
std::string exposure_panel(const PlotData& data, const PictureOptions& options, const std::string& folder,
                           double point_scale, std::size_t drawn) {
  PlotCommand plot;
  const double size = data.symbols.size() > 8 ? 0.6 : 1;  // of what shows urgency, and of markers
  plot.add(kZeroLine);
  for (std::size_t i = 0; i < drawn; ++i) {
    const double width = options.urgency_thickness ? 1.2 : data.symbols.size() > 6 ? 1.5 : 2;
    plot.add("{} using 1:2 with steps lw {} {} notitle", file(folder, i, "exposure"), width, look_of(i));
    for (int level = 1; options.urgency_thickness && level <= kThickLevels; ++level) {
      const std::string what = fmt::format("thick{}", level);
      if (!data.has(name_of(i, what))) continue;
      plot.add("{} using 1:2 with lines lw {:.1f} {} notitle", file(folder, i, what), 1.2 + 1.3 * level * size,
               look_of(i));
    }
  }
  for (std::size_t i = 0; options.show_state && i < drawn; ++i) {
    for (const StateLook& look : kLooks) {
      const std::string what = fmt::format("state{}", look.code);
      if (!data.has(name_of(i, what))) continue;
      const double scale = size * point_scale;
      const std::string columns = options.urgency_thickness ? fmt::format(":($3*{})", scale) : "";
      const std::string points = options.urgency_thickness ? "variable" : fmt::format("{:.2f}", 0.9 * scale);
      plot.add("{} using 1:2{} with points pt {} ps {} lc rgb '{}' notitle", file(folder, i, what), columns, look.point,
               points, kColors[i % std::size(kColors)]);
    }
  }
  return plot.text();
}

}  // namespace

std::string quoted(std::string text) {
  std::replace_if(text.begin(), text.end(), is_control, '?');
  return in_quotes(text);
}

std::string quoted_path(const std::string& path) {
  return in_quotes(path.starts_with('/') ? path : "./" + path);
}

std::string exposure_script(const PlotData& data, const PictureOptions& options, const std::string& folder,
                            const std::string& title, PictureFormat format, const std::string& out, int height,
                            Content content) {
  const std::size_t drawn = content == Content::decisions ? data.symbols.size() : 0;
  Script script;
  begin_picture(script, format, height, out);
  script.line("set multiplot");
  script.line("set label 1 {} at screen 0.5,0.977 center font ',{}' front", quoted(title),
              look_in(format).font_size + 2);
  set_time_axis(script, data);
  if (options.show_posture && drawn > 0) {
    for (const Range& band : data.observe) {
      script.line(
          "set object rectangle from {:.3f}, graph 0 to {:.3f}, graph 1 behind fs solid noborder fc rgb '#e4e4e4'",
          band.low, band.high);
    }
  }
  script.line("set lmargin at screen {}", kPanelsAcross.low);
  script.line("set rmargin at screen {}", kPanelsAcross.high);
  const auto panel = [&](const Range& place, const Range& range, const char* label) {
    script.line("set bmargin at screen {}", place.low);
    script.line("set tmargin at screen {}", place.high);
    script.line("set yrange [{}:{}]", range.low, range.high);
    script.line("set ylabel '{}' offset -1,0", label);
  };
  script.line("set format x ''");
  script.line("set key off");
  panel(kExposurePanel, data.exposure, "target exposure (not executions)");
  script.line("{}", exposure_panel(data, options, folder, look_in(format).point_scale, drawn));
  script.line("unset label 1");
  panel(kDeltaPanel, data.delta, "delta exposure");
  PlotCommand deltas;
  deltas.add(kZeroLine);
  for (std::size_t i = 0; i < drawn; ++i) {
    if (!data.has(name_of(i, "delta"))) continue;
    deltas.add("{} using 1:2 with impulses lw 1.5 lc rgb '{}' notitle", file(folder, i, "delta"),
               kColors[i % std::size(kColors)]);
  }
  script.line("{}", deltas.text());
  set_time_axis(script, data);
  script.line("set xlabel {}", quoted(time_label(data)));
  panel(kPnlPanel, data.pnl, "PnL per unit (notional)");
  PlotCommand pnl;
  pnl.add(kZeroLine);
  for (std::size_t i = 0; i < drawn; ++i) {
    pnl.add("{} using 1:2 with steps lw 1.5 {} notitle", file(folder, i, "gross"), look_of(i, true));
  }
  for (std::size_t i = 0; i < drawn; ++i) {
    pnl.add("{} using 1:2 with steps lw 1.8 {} notitle", file(folder, i, "net"), look_of(i));
  }
  script.line("{}", pnl.text());
  script.line("unset object");
  script.line("unset border");
  script.line("unset tics");
  script.line("unset grid");
  script.line("unset xlabel");
  script.line("set lmargin at screen 0.865");
  script.line("set rmargin at screen 0.998");
  script.line("set xrange [0:1]");
  panel(kLegendPanel, {0, 1}, "");
  draw_legend(script, data, options, look_in(format), height);
  script.line("unset multiplot");
  script.line("set output");
  return std::move(script).text();
}

std::string state_script(const PlotData& data, const std::string& folder, const std::string& title,
                         PictureFormat format, const std::string& out) {
  Script script;
  const auto rows = static_cast<int>(data.symbols.size());
  begin_picture(script, format, std::clamp(160 + rows * 30, 260, 2400), out);
  set_time_axis(script, data);
  script.line("set title {} font ',{}'", quoted(title), look_in(format).font_size + 2);
  script.line("set lmargin 18");
  script.line("set rmargin at screen 0.875");
  script.line("set xlabel {}", quoted(time_label(data)));
  script.line("set yrange [{}:-0.7]", rows - 0.3);
  std::string names;
  const int every = (rows + 119) / 120;  // names that do not cover each other
  for (int i = 0; i < rows; i += every) {
    const std::string name = quoted(literal_format(shortened(data.symbols[static_cast<std::size_t>(i)])));
    names += fmt::format("{}{} {}", i > 0 ? ", " : "", name, i);
  }
  script.line("set ytics scale 0 ({})", names);
  script.line("unset mytics");
  script.line("set style fill solid 1 noborder");
  script.line("set key at screen 0.99,graph 1 right top Left reverse samplen 1.5 width 1");
  PlotCommand plot;
  for (const StateLook& look : kLooks) {
    bool is_there = false;
    const std::string what = fmt::format("rows{}", look.code);
    for (std::size_t i = 0; i < data.symbols.size(); ++i) {
      if (!data.has(name_of(i, what))) continue;
      is_there = true;
      plot.add("{} using (($1+$2)/2):3:1:2:($3-0.38):($3+0.38) with boxxyerror fc rgb '{}' notitle",
               file(folder, i, what), look.color);
    }
    if (is_there) plot.add("keyentry with boxes fc rgb '{}' title '{}'", look.color, look.name);
  }
  script.line("{}", plot.text());
  script.line("set output");
  return std::move(script).text();
}

}  // namespace streamd::plot
