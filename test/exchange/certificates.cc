#include "exchange/certificates.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>

#include "io/file.h"

namespace streamd::exchange {
namespace {

using Context = boost::asio::ssl::context;
template <auto kFree>
struct FreedBy {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using File = std::unique_ptr<std::FILE, FreedBy<std::fclose>>;

constexpr long kDayS = 24 * 60 * 60;
constexpr std::string_view kNames[kCertificateFlaws] = {"good", "expired", "other_host", "unknown_ca"};

struct Identity {
  Key key;
  Certificate certificate;
};

bool add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  if (extension == nullptr) return false;
  const bool is_added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return is_added;
}

// Without extensions and signature.
Identity new_identity(const char* name, long from_s, long until_s) {
  static long serial = 1;
  Identity identity{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
  X509* certificate = identity.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
  X509_set_pubkey(certificate, identity.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return identity;
}

bool sign(Identity& identity, const Identity& issuer) {
  X509* certificate = identity.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  return add_extension(certificate, issuer.certificate.get(), NID_subject_key_identifier, "hash") &&
         X509_sign(certificate, issuer.key.get(), EVP_sha256()) > 0;
}

Identity new_ca(const char* name) {
  Identity ca = new_identity(name, -kDayS, 3650 * kDayS);
  X509* certificate = ca.certificate.get();
  const bool is_good = add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE") &&
                       add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                       sign(ca, ca);
  STREAMD_CHECK(is_good);
  return ca;
}

Identity new_server(const Identity& ca, CertificateFlaw flaw) {
  const bool is_expired = flaw == CertificateFlaw::expired;
  const bool is_other_host = flaw == CertificateFlaw::other_host;
  Identity server =
      new_identity(is_other_host ? "exchange.invalid" : "localhost", -2 * kDayS, is_expired ? -kDayS : 365 * kDayS);
  X509* certificate = server.certificate.get();
  const char* names = is_other_host ? "DNS:exchange.invalid" : "DNS:localhost,IP:127.0.0.1";
  const bool is_good = add_extension(certificate, ca.certificate.get(), NID_basic_constraints, "CA:FALSE") &&
                       add_extension(certificate, ca.certificate.get(), NID_ext_key_usage, "serverAuth") &&
                       add_extension(certificate, ca.certificate.get(), NID_subject_alt_name, names) &&
                       sign(server, ca);
  STREAMD_CHECK(is_good);
  return server;
}

Result<void> write_certificate(const std::string& path, X509* certificate) {
  const File file(std::fopen(path.c_str(), "w"));
  if (!file || PEM_write_X509(file.get(), certificate) != 1) return system_error("write", path);
  return {};
}

Result<void> write_key(const std::string& path, EVP_PKEY* key) {
  const File file(std::fopen(path.c_str(), "w"));
  if (!file || ::fchmod(::fileno(file.get()), 0600) != 0 ||
      PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return system_error("write", path);
  }
  return {};
}

}  // namespace

std::optional<CertificateFlaw> certificate_flaw_of(std::string_view name) {
  for (std::size_t i = 0; i < kCertificateFlaws; ++i) {
    if (kNames[i] == name) return static_cast<CertificateFlaw>(i);
  }
  return std::nullopt;
}

Certificates::Certificates()
    : contexts_{Context(Context::tls_server), Context(Context::tls_server), Context(Context::tls_server),
                Context(Context::tls_server)} {}

Result<Certificates> Certificates::make(const std::string& folder) {
  if (auto made = make_folders(folder); !made) return made.error();
  Certificates certificates;
  certificates.ca_file_ = folder + "/ca.pem";
  const Identity ca = new_ca("Test exchange CA");
  const Identity unknown_ca = new_ca("Another CA");
  if (auto written = write_certificate(certificates.ca_file_, ca.certificate.get()); !written) return written.error();
  for (std::size_t i = 0; i < kCertificateFlaws; ++i) {
    const auto flaw = static_cast<CertificateFlaw>(i);
    const Identity server = new_server(flaw == CertificateFlaw::unknown_ca ? unknown_ca : ca, flaw);
    const std::string base = fmt::format("{}/server_{}", folder, kNames[i]);
    if (auto written = write_certificate(base + ".pem", server.certificate.get()); !written) return written.error();
    if (auto written = write_key(base + ".key", server.key.get()); !written) return written.error();
    Context& context = certificates.contexts_[i];
    context.set_options(Context::default_workarounds | Context::no_tlsv1 | Context::no_tlsv1_1);
    context.use_certificate_chain_file(base + ".pem");
    context.use_private_key_file(base + ".key", Context::pem);
  }
  return certificates;
}

}  // namespace streamd::exchange
