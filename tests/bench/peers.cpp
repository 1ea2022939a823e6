// Peers from Debian packages on the streams of model_bench_costs, in the same way: one prediction, then one event
// learned. dlib (libdlib-dev) and FANN (libfann-dev); built where both are installed.
//   model_bench_peers [rows]
#include <dlib/svm.h>
#include <floatfann.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/model/generated_streams.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Rows = std::vector<redshank::streams::Row>;
using Sample = dlib::matrix<double, 8, 1>;

std::vector<Sample> samples_of(const Rows& rows) {
    std::vector<Sample> samples(rows.size());
    for (std::size_t k = 0; k < rows.size(); ++k) {
        for (long i = 0; i < 8; ++i) samples[k](i) = static_cast<double>(rows[k].x[static_cast<std::size_t>(i)]);
    }
    return samples;
}

template <class Step>
void measure(const char* name, const char* score, std::size_t rows, const Step& step) {
    double sum = 0;
    const auto begin = Clock::now();
    for (std::size_t k = 0; k < rows; ++k) sum += step(k);
    const double ns = std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    std::printf("peer.%s.ns=%.1f peer.%s.%s=%.6f\n", name, ns / static_cast<double>(rows), name, score,
                sum / static_cast<double>(rows));
}

}  // namespace

int main(int argc, char** argv) {
    const int rows = argc > 1 ? std::atoi(argv[1]) : redshank::streams::rows_all;
    if (rows < 1) return 2;
    const Rows hyperplane = redshank::streams::hyperplane(rows);
    const Rows radial = redshank::streams::radial(rows);
    const std::vector<Sample> of_hyperplane = samples_of(hyperplane);

    dlib::svm_pegasos<dlib::linear_kernel<Sample>> pegasos;
    pegasos.set_lambda(1e-4);
    measure("dlib-pegasos.HYP", "accuracy", hyperplane.size(), [&](std::size_t k) {
        const double side = hyperplane[k].label == 1 ? 1.0 : -1.0;
        const double right = (pegasos(of_hyperplane[k]) > 0) == (side > 0) ? 1.0 : 0.0;
        pegasos.train(of_hyperplane[k], side);
        return right;
    });

    dlib::rls least_squares(1.0, 100.0);
    measure("dlib-rls.HYP", "mse", hyperplane.size(), [&](std::size_t k) {
        dlib::matrix<double, 9, 1> with_bias;
        for (long i = 0; i < 8; ++i) with_bias(i) = of_hyperplane[k](i);
        with_bias(8) = 1;
        const double error = (k == 0 ? 0.0 : least_squares(with_bias)) - static_cast<double>(hyperplane[k].target);
        least_squares.train(with_bias, static_cast<double>(hyperplane[k].target));
        return error * error;
    });

    struct fann* network = fann_create_standard(3, 8, 16, 1);
    fann_set_activation_function_hidden(network, FANN_SIGMOID_SYMMETRIC);
    fann_set_activation_function_output(network, FANN_SIGMOID_SYMMETRIC);
    fann_set_training_algorithm(network, FANN_TRAIN_INCREMENTAL);
    fann_set_learning_rate(network, 0.05F);
    fann_randomize_weights(network, -0.5F, 0.5F);
    measure("fann-8-16-1.RBF", "accuracy", radial.size(), [&](std::size_t k) {
        redshank::streams::Row row = radial[k];
        float side = row.label == 1 ? 1.0F : -1.0F;
        const double right = (fann_run(network, row.x.data())[0] > 0) == (side > 0) ? 1.0 : 0.0;
        fann_train(network, row.x.data(), &side);
        return right;
    });
    fann_destroy(network);
    return 0;
}
