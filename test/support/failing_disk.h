// The real disk, on which writing, syncing or reading fails while it is told to.
// A failing write has left some of its bytes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/disk.h"

namespace streamd {

class FailingDisk final : public Disk {
 public:
  Result<std::unique_ptr<DiskFile>> open(const std::string& path, Mode mode) override {
    if (full && mode == Mode::create) return Error{"disk full"};
    auto file = disk_.open(path, mode);
    if (!file) return file.error();
    return std::unique_ptr<DiskFile>(std::make_unique<File>(*this, std::move(file).value()));
  }
  Result<std::vector<std::string>> list(const std::string& folder) override { return disk_.list(folder); }
  Result<void> rename(const std::string& from, const std::string& to) override { return disk_.rename(from, to); }
  Result<void> remove(const std::string& path) override { return disk_.remove(path); }
  Result<void> sync_folder(const std::string& folder) override {
    if (cannot_sync_folders) return Error{"cannot sync " + folder};
    synced_folders.push_back(folder);
    return disk_.sync_folder(folder);
  }
  Result<void> make_folders(const std::string& folder) override { return disk_.make_folders(folder); }

  bool full = false;
  bool cannot_sync = false;  // files
  bool cannot_sync_folders = false;
  std::vector<std::string> synced_folders;
  bool cannot_read = false;
  int syncs = 0;

 private:
  class File final : public DiskFile {
   public:
    File(FailingDisk& disk, std::unique_ptr<DiskFile> file) : disk_(disk), file_(std::move(file)) {}
    Result<void> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override {
      if (!disk_.full) return file_->write_at(offset, pieces);
      static_cast<void>(file_->write_at(offset, pieces.first(1)));
      return Error{"disk full"};
    }
    Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) override {
      if (disk_.cannot_read) return Error{"cannot read"};
      return file_->read_at(offset, buffer, size);
    }
    Result<std::uint64_t> size() override { return file_->size(); }
    Result<void> truncate(std::uint64_t size) override { return file_->truncate(size); }
    Result<void> sync() override {
      ++disk_.syncs;
      return disk_.cannot_sync ? Result<void>(Error{"cannot sync"}) : file_->sync();
    }

   private:
    FailingDisk& disk_;
    const std::unique_ptr<DiskFile> file_;
  };

  SystemDisk disk_;
};

}  // namespace streamd
