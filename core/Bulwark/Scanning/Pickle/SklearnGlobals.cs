namespace Bulwark.Scanning.Pickle;

/// <summary>Estimators and their parts: the classes that scikit-learn models consist of, and the pure functions they refer to.</summary>
/// <remarks>scikit-learn 1.2.1 read class by class, then the compiled classes, 1.3 to 1.7, and the module names before 0.22. Data set loaders, test and display code are left out.</remarks>
internal static class SklearnGlobals
{
    /// <summary>One module a line, then its names: after <c>:</c> those that may be called, after <c>::</c> those that may only be named and made empty.</summary>
    public const string Text = """
        sklearn._loss._loss: CyLossFunction CyHalfSquaredError CyAbsoluteError CyPinballLoss CyHuberLoss CyHalfPoissonLoss CyHalfGammaLoss CyHalfTweedieLoss
          CyHalfTweedieLossIdentity CyHalfBinomialLoss CyHalfMultinomialLoss CyExponentialLoss __pyx_unpickle_CyHalfSquaredError
          __pyx_unpickle_CyAbsoluteError __pyx_unpickle_CyPinballLoss __pyx_unpickle_CyHuberLoss __pyx_unpickle_CyHalfPoissonLoss
          __pyx_unpickle_CyHalfGammaLoss __pyx_unpickle_CyHalfTweedieLoss __pyx_unpickle_CyHalfTweedieLossIdentity __pyx_unpickle_CyHalfBinomialLoss
          __pyx_unpickle_CyHalfMultinomialLoss __pyx_unpickle_CyExponentialLoss
        sklearn._loss.glm_distribution:: ExponentialDispersionModel TweedieDistribution NormalDistribution PoissonDistribution GammaDistribution
          InverseGaussianDistribution
        sklearn._loss.link:: Interval BaseLink IdentityLink LogLink LogitLink MultinomialLogit HalfLogitLink
        sklearn._loss.loss:: BaseLoss HalfSquaredError AbsoluteError PinballLoss HalfPoissonLoss HalfGammaLoss HalfTweedieLoss HalfTweedieLossIdentity
          HalfBinomialLoss HalfMultinomialLoss HuberLoss ExponentialLoss
        sklearn.base:: BaseEstimator
        sklearn.calibration:: CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration
        sklearn.cluster._affinity_propagation:: AffinityPropagation
        sklearn.cluster._agglomerative:: AgglomerativeClustering FeatureAgglomeration
        sklearn.cluster._bicluster:: BaseSpectral SpectralCoclustering SpectralBiclustering
        sklearn.cluster._birch:: _CFNode _CFSubcluster Birch
        sklearn.cluster._bisect_k_means:: _BisectingTree BisectingKMeans
        sklearn.cluster._dbscan:: DBSCAN
        sklearn.cluster._feature_agglomeration:: AgglomerationTransform
        sklearn.cluster._hdbscan.hdbscan:: HDBSCAN
        sklearn.cluster._kmeans:: _BaseKMeans KMeans MiniBatchKMeans _kmeans_single_lloyd _kmeans_single_elkan
        sklearn.cluster._mean_shift:: MeanShift
        sklearn.cluster._optics:: OPTICS
        sklearn.cluster._spectral:: SpectralClustering
        sklearn.cluster.dbscan_:: DBSCAN
        sklearn.cluster.k_means_:: KMeans MiniBatchKMeans
        sklearn.compose._column_transformer:: ColumnTransformer make_column_selector
        sklearn.compose._target:: TransformedTargetRegressor
        sklearn.covariance._elliptic_envelope:: EllipticEnvelope
        sklearn.covariance._empirical_covariance:: EmpiricalCovariance
        sklearn.covariance._graph_lasso:: BaseGraphicalLasso GraphicalLasso GraphicalLassoCV
        sklearn.covariance._robust_covariance:: MinCovDet
        sklearn.covariance._shrunk_covariance:: ShrunkCovariance LedoitWolf OAS
        sklearn.cross_decomposition._pls:: _PLS PLSRegression PLSCanonical CCA PLSSVD
        sklearn.decomposition._base:: _BasePCA
        sklearn.decomposition._dict_learning:: _BaseSparseCoding SparseCoder DictionaryLearning MiniBatchDictionaryLearning
        sklearn.decomposition._factor_analysis:: FactorAnalysis
        sklearn.decomposition._fastica:: FastICA
        sklearn.decomposition._incremental_pca:: IncrementalPCA
        sklearn.decomposition._kernel_pca:: KernelPCA
        sklearn.decomposition._lda:: LatentDirichletAllocation
        sklearn.decomposition._nmf:: _BaseNMF NMF MiniBatchNMF
        sklearn.decomposition._pca:: PCA
        sklearn.decomposition._sparse_pca:: _BaseSparsePCA SparsePCA MiniBatchSparsePCA
        sklearn.decomposition._truncated_svd:: TruncatedSVD
        sklearn.decomposition.nmf:: NMF
        sklearn.decomposition.online_lda:: LatentDirichletAllocation
        sklearn.decomposition.pca:: PCA
        sklearn.decomposition.truncated_svd:: TruncatedSVD
        sklearn.discriminant_analysis:: LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis
        sklearn.dummy:: DummyClassifier DummyRegressor
        sklearn.ensemble._bagging:: BaseBagging BaggingClassifier BaggingRegressor
        sklearn.ensemble._base:: BaseEnsemble _BaseHeterogeneousEnsemble
        sklearn.ensemble._forest:: BaseForest ForestClassifier ForestRegressor RandomForestClassifier RandomForestRegressor ExtraTreesClassifier
          ExtraTreesRegressor RandomTreesEmbedding
        sklearn.ensemble._gb:: VerboseReporter BaseGradientBoosting GradientBoostingClassifier GradientBoostingRegressor
        sklearn.ensemble._gb_losses:: LossFunction RegressionLossFunction LeastSquaresError LeastAbsoluteError HuberLossFunction QuantileLossFunction
          ClassificationLossFunction BinomialDeviance MultinomialDeviance ExponentialLoss
        sklearn.ensemble._hist_gradient_boosting.binning:: _BinMapper
        sklearn.ensemble._hist_gradient_boosting.gradient_boosting:: BaseHistGradientBoosting HistGradientBoostingRegressor HistGradientBoostingClassifier
        sklearn.ensemble._hist_gradient_boosting.grower:: TreeNode TreeGrower
        sklearn.ensemble._hist_gradient_boosting.predictor:: TreePredictor
        sklearn.ensemble._iforest:: IsolationForest
        sklearn.ensemble._stacking:: _BaseStacking StackingClassifier StackingRegressor
        sklearn.ensemble._voting:: _BaseVoting VotingClassifier VotingRegressor
        sklearn.ensemble._weight_boosting:: BaseWeightBoosting AdaBoostClassifier AdaBoostRegressor
        sklearn.ensemble.bagging:: BaggingClassifier BaggingRegressor
        sklearn.ensemble.forest:: RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor RandomTreesEmbedding
        sklearn.ensemble.gradient_boosting:: GradientBoostingClassifier GradientBoostingRegressor LeastSquaresError LeastAbsoluteError HuberLossFunction
          QuantileLossFunction BinomialDeviance MultinomialDeviance ExponentialLoss LogOddsEstimator MeanEstimator PriorProbabilityEstimator QuantileEstimator
          ZeroEstimator ScaledLogOddsEstimator
        sklearn.ensemble.iforest:: IsolationForest
        sklearn.ensemble.voting:: VotingClassifier VotingRegressor
        sklearn.ensemble.voting_classifier:: VotingClassifier VotingRegressor
        sklearn.ensemble.weight_boosting:: AdaBoostClassifier AdaBoostRegressor
        sklearn.feature_extraction._dict_vectorizer:: DictVectorizer
        sklearn.feature_extraction._hash:: FeatureHasher
        sklearn.feature_extraction._stop_words:: ENGLISH_STOP_WORDS
        sklearn.feature_extraction.dict_vectorizer:: DictVectorizer
        sklearn.feature_extraction.image:: PatchExtractor
        sklearn.feature_extraction.text:: HashingVectorizer CountVectorizer TfidfTransformer TfidfVectorizer
        sklearn.feature_selection._from_model:: SelectFromModel
        sklearn.feature_selection._mutual_info:: mutual_info_classif mutual_info_regression
        sklearn.feature_selection._rfe:: RFE RFECV
        sklearn.feature_selection._sequential:: SequentialFeatureSelector
        sklearn.feature_selection._univariate_selection:: _BaseFilter SelectPercentile SelectKBest SelectFpr SelectFdr SelectFwe GenericUnivariateSelect
          f_classif f_regression f_oneway r_regression chi2
        sklearn.feature_selection._variance_threshold:: VarianceThreshold
        sklearn.feature_selection.from_model:: SelectFromModel
        sklearn.feature_selection.rfe:: RFE RFECV
        sklearn.feature_selection.univariate_selection:: SelectKBest SelectPercentile f_classif f_regression chi2
        sklearn.feature_selection.variance_threshold:: VarianceThreshold
        sklearn.frozen._frozen:: FrozenEstimator
        sklearn.gaussian_process._gpc:: _BinaryGaussianProcessClassifierLaplace GaussianProcessClassifier
        sklearn.gaussian_process._gpr:: GaussianProcessRegressor
        sklearn.gaussian_process.gpc:: GaussianProcessClassifier
        sklearn.gaussian_process.gpr:: GaussianProcessRegressor
        sklearn.gaussian_process.kernels:: Hyperparameter Kernel CompoundKernel KernelOperator Sum Product Exponentiation ConstantKernel WhiteKernel RBF
          Matern RationalQuadratic ExpSineSquared DotProduct PairwiseKernel
        sklearn.impute:: SimpleImputer
        sklearn.impute._base:: _BaseImputer SimpleImputer MissingIndicator
        sklearn.impute._iterative:: IterativeImputer _ImputerTriplet
        sklearn.impute._knn:: KNNImputer
        sklearn.isotonic:: IsotonicRegression
        sklearn.kernel_approximation:: PolynomialCountSketch RBFSampler SkewedChi2Sampler AdditiveChi2Sampler Nystroem
        sklearn.kernel_ridge:: KernelRidge
        sklearn.linear_model._base:: LinearModel LinearRegression
        sklearn.linear_model._bayes:: BayesianRidge ARDRegression
        sklearn.linear_model._coordinate_descent:: ElasticNet Lasso LinearModelCV LassoCV ElasticNetCV MultiTaskElasticNet MultiTaskLasso
          MultiTaskElasticNetCV MultiTaskLassoCV
        sklearn.linear_model._glm.glm:: _GeneralizedLinearRegressor PoissonRegressor GammaRegressor TweedieRegressor
        sklearn.linear_model._huber:: HuberRegressor
        sklearn.linear_model._least_angle:: Lars LassoLars LarsCV LassoLarsCV LassoLarsIC
        sklearn.linear_model._linear_loss:: LinearModelLoss
        sklearn.linear_model._logistic:: LogisticRegression LogisticRegressionCV
        sklearn.linear_model._omp:: OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV
        sklearn.linear_model._passive_aggressive:: PassiveAggressiveClassifier PassiveAggressiveRegressor
        sklearn.linear_model._perceptron:: Perceptron
        sklearn.linear_model._quantile:: QuantileRegressor
        sklearn.linear_model._ransac:: RANSACRegressor
        sklearn.linear_model._ridge:: _BaseRidge Ridge RidgeClassifier _X_CenterStackOp _XT_CenterStackOp _IdentityRegressor _IdentityClassifier _RidgeGCV
          _BaseRidgeCV RidgeCV RidgeClassifierCV
        sklearn.linear_model._sgd_fast: LossFunction Regression Classification ModifiedHuber Hinge SquaredHinge Log SquaredLoss Huber EpsilonInsensitive
          SquaredEpsilonInsensitive
        sklearn.linear_model._stochastic_gradient:: _ValidationScoreCallback BaseSGD BaseSGDClassifier SGDClassifier BaseSGDRegressor SGDRegressor
          SGDOneClassSVM
        sklearn.linear_model._theil_sen:: TheilSenRegressor
        sklearn.linear_model.base:: LinearRegression
        sklearn.linear_model.bayes:: BayesianRidge ARDRegression
        sklearn.linear_model.coordinate_descent:: Lasso LassoCV ElasticNet ElasticNetCV
        sklearn.linear_model.logistic:: LogisticRegression LogisticRegressionCV
        sklearn.linear_model.perceptron:: Perceptron
        sklearn.linear_model.ridge:: Ridge RidgeCV RidgeClassifier RidgeClassifierCV
        sklearn.linear_model.sgd_fast: LossFunction Regression Classification ModifiedHuber Hinge SquaredHinge Log SquaredLoss Huber EpsilonInsensitive
          SquaredEpsilonInsensitive
        sklearn.linear_model.stochastic_gradient:: SGDClassifier SGDRegressor
        sklearn.manifold._isomap:: Isomap
        sklearn.manifold._locally_linear:: LocallyLinearEmbedding
        sklearn.manifold._mds:: MDS
        sklearn.manifold._spectral_embedding:: SpectralEmbedding
        sklearn.manifold._t_sne:: TSNE
        sklearn.metrics._classification:: accuracy_score balanced_accuracy_score f1_score fbeta_score precision_score recall_score log_loss brier_score_loss
          matthews_corrcoef cohen_kappa_score jaccard_score hamming_loss hinge_loss zero_one_loss confusion_matrix class_likelihood_ratios
        sklearn.metrics._dist_metrics: newObj DistanceMetric DistanceMetric32 DistanceMetric64 EuclideanDistance EuclideanDistance32 EuclideanDistance64
          SEuclideanDistance SEuclideanDistance32 SEuclideanDistance64 ManhattanDistance ManhattanDistance32 ManhattanDistance64 ChebyshevDistance
          ChebyshevDistance32 ChebyshevDistance64 MinkowskiDistance MinkowskiDistance32 MinkowskiDistance64 WMinkowskiDistance MahalanobisDistance
          MahalanobisDistance64 HammingDistance HammingDistance64 CanberraDistance CanberraDistance64 BrayCurtisDistance BrayCurtisDistance64 JaccardDistance
          JaccardDistance64 MatchingDistance MatchingDistance64 DiceDistance DiceDistance64 KulsinskiDistance RogersTanimotoDistance RogersTanimotoDistance64
          RussellRaoDistance RussellRaoDistance64 SokalMichenerDistance SokalMichenerDistance64 SokalSneathDistance SokalSneathDistance64 HaversineDistance
          HaversineDistance64
        sklearn.metrics._ranking:: roc_auc_score average_precision_score top_k_accuracy_score ndcg_score dcg_score coverage_error label_ranking_loss
          label_ranking_average_precision_score auc roc_curve precision_recall_curve
        sklearn.metrics._regression:: r2_score mean_squared_error mean_absolute_error median_absolute_error max_error explained_variance_score
          mean_squared_log_error mean_absolute_percentage_error mean_pinball_loss mean_poisson_deviance mean_gamma_deviance mean_tweedie_deviance
          root_mean_squared_error root_mean_squared_log_error d2_absolute_error_score d2_pinball_score d2_tweedie_score
        sklearn.metrics._scorer:: _MultimetricScorer _BaseScorer _PredictScorer _ProbaScorer _ThresholdScorer _DeprecatedScorers _Scorer _PassthroughScorer
          _passthrough_scorer
        sklearn.metrics.cluster._supervised:: adjusted_rand_score completeness_score homogeneity_score v_measure_score mutual_info_score
          adjusted_mutual_info_score normalized_mutual_info_score fowlkes_mallows_score rand_score
        sklearn.metrics.cluster._unsupervised:: silhouette_score calinski_harabasz_score davies_bouldin_score
        sklearn.metrics.pairwise:: euclidean_distances cosine_similarity cosine_distances manhattan_distances haversine_distances linear_kernel
          polynomial_kernel rbf_kernel laplacian_kernel sigmoid_kernel chi2_kernel additive_chi2_kernel paired_distances pairwise_distances
          nan_euclidean_distances
        sklearn.mixture._base:: BaseMixture
        sklearn.mixture._bayesian_mixture:: BayesianGaussianMixture
        sklearn.mixture._gaussian_mixture:: GaussianMixture
        sklearn.mixture.bayesian_mixture:: BayesianGaussianMixture
        sklearn.mixture.gaussian_mixture:: GaussianMixture
        sklearn.model_selection._classification_threshold:: BaseThresholdClassifier FixedThresholdClassifier TunedThresholdClassifierCV _CurveScorer
        sklearn.model_selection._search:: ParameterGrid ParameterSampler BaseSearchCV GridSearchCV RandomizedSearchCV
        sklearn.model_selection._search_successive_halving:: _SubsampleMetaSplitter BaseSuccessiveHalving HalvingGridSearchCV HalvingRandomSearchCV
        sklearn.model_selection._split:: BaseCrossValidator LeaveOneOut LeavePOut _BaseKFold KFold GroupKFold StratifiedKFold StratifiedGroupKFold
          TimeSeriesSplit LeaveOneGroupOut LeavePGroupsOut _RepeatedSplits RepeatedKFold RepeatedStratifiedKFold BaseShuffleSplit ShuffleSplit
          GroupShuffleSplit StratifiedShuffleSplit PredefinedSplit _CVIterableWrapper
        sklearn.multiclass:: _ConstantPredictor OneVsRestClassifier OneVsOneClassifier OutputCodeClassifier
        sklearn.multioutput:: _MultiOutputEstimator MultiOutputRegressor MultiOutputClassifier _BaseChain ClassifierChain RegressorChain
        sklearn.naive_bayes:: _BaseNB GaussianNB _BaseDiscreteNB MultinomialNB ComplementNB BernoulliNB CategoricalNB
        sklearn.neighbors._ball_tree: BallTree BallTree32 BallTree64 newObj __pyx_unpickle_BinaryTree __pyx_unpickle_BinaryTree64
        sklearn.neighbors._base:: NeighborsBase
        sklearn.neighbors._classification:: KNeighborsClassifier RadiusNeighborsClassifier
        sklearn.neighbors._dist_metrics: newObj DistanceMetric DistanceMetric32 DistanceMetric64 EuclideanDistance EuclideanDistance32 EuclideanDistance64
          SEuclideanDistance SEuclideanDistance32 SEuclideanDistance64 ManhattanDistance ManhattanDistance32 ManhattanDistance64 ChebyshevDistance
          ChebyshevDistance32 ChebyshevDistance64 MinkowskiDistance MinkowskiDistance32 MinkowskiDistance64 WMinkowskiDistance MahalanobisDistance
          MahalanobisDistance64 HammingDistance HammingDistance64 CanberraDistance CanberraDistance64 BrayCurtisDistance BrayCurtisDistance64 JaccardDistance
          JaccardDistance64 MatchingDistance MatchingDistance64 DiceDistance DiceDistance64 KulsinskiDistance RogersTanimotoDistance RogersTanimotoDistance64
          RussellRaoDistance RussellRaoDistance64 SokalMichenerDistance SokalMichenerDistance64 SokalSneathDistance SokalSneathDistance64 HaversineDistance
          HaversineDistance64
        sklearn.neighbors._distance_metric:: DistanceMetric
        sklearn.neighbors._graph:: KNeighborsTransformer RadiusNeighborsTransformer
        sklearn.neighbors._kd_tree: KDTree KDTree32 KDTree64 newObj __pyx_unpickle_BinaryTree __pyx_unpickle_BinaryTree64
        sklearn.neighbors._kde:: KernelDensity
        sklearn.neighbors._lof:: LocalOutlierFactor
        sklearn.neighbors._nca:: NeighborhoodComponentsAnalysis
        sklearn.neighbors._nearest_centroid:: NearestCentroid
        sklearn.neighbors._quad_tree: _QuadTree
        sklearn.neighbors._regression:: KNeighborsRegressor RadiusNeighborsRegressor
        sklearn.neighbors._unsupervised:: NearestNeighbors
        sklearn.neighbors.ball_tree: BallTree BallTree32 BallTree64 newObj __pyx_unpickle_BinaryTree __pyx_unpickle_BinaryTree64
        sklearn.neighbors.classification:: KNeighborsClassifier RadiusNeighborsClassifier
        sklearn.neighbors.dist_metrics: newObj DistanceMetric DistanceMetric32 DistanceMetric64 EuclideanDistance EuclideanDistance32 EuclideanDistance64
          SEuclideanDistance SEuclideanDistance32 SEuclideanDistance64 ManhattanDistance ManhattanDistance32 ManhattanDistance64 ChebyshevDistance
          ChebyshevDistance32 ChebyshevDistance64 MinkowskiDistance MinkowskiDistance32 MinkowskiDistance64 WMinkowskiDistance MahalanobisDistance
          MahalanobisDistance64 HammingDistance HammingDistance64 CanberraDistance CanberraDistance64 BrayCurtisDistance BrayCurtisDistance64 JaccardDistance
          JaccardDistance64 MatchingDistance MatchingDistance64 DiceDistance DiceDistance64 KulsinskiDistance RogersTanimotoDistance RogersTanimotoDistance64
          RussellRaoDistance RussellRaoDistance64 SokalMichenerDistance SokalMichenerDistance64 SokalSneathDistance SokalSneathDistance64 HaversineDistance
          HaversineDistance64
        sklearn.neighbors.kd_tree: KDTree KDTree32 KDTree64 newObj __pyx_unpickle_BinaryTree __pyx_unpickle_BinaryTree64
        sklearn.neighbors.nearest_centroid:: NearestCentroid
        sklearn.neighbors.regression:: KNeighborsRegressor RadiusNeighborsRegressor
        sklearn.neighbors.unsupervised:: NearestNeighbors
        sklearn.neural_network._multilayer_perceptron:: BaseMultilayerPerceptron MLPClassifier MLPRegressor
        sklearn.neural_network._rbm:: BernoulliRBM
        sklearn.neural_network._stochastic_optimizers:: BaseOptimizer SGDOptimizer AdamOptimizer
        sklearn.neural_network.multilayer_perceptron:: MLPClassifier MLPRegressor
        sklearn.pipeline:: Pipeline FeatureUnion
        sklearn.preprocessing._data:: MinMaxScaler StandardScaler MaxAbsScaler RobustScaler Normalizer Binarizer KernelCenterer QuantileTransformer
          PowerTransformer
        sklearn.preprocessing._discretization:: KBinsDiscretizer
        sklearn.preprocessing._encoders:: _BaseEncoder OneHotEncoder OrdinalEncoder
        sklearn.preprocessing._function_transformer:: FunctionTransformer _identity
        sklearn.preprocessing._label:: LabelEncoder LabelBinarizer MultiLabelBinarizer
        sklearn.preprocessing._polynomial:: PolynomialFeatures SplineTransformer
        sklearn.preprocessing._target_encoder:: TargetEncoder
        sklearn.preprocessing.data:: StandardScaler MinMaxScaler MaxAbsScaler RobustScaler Normalizer Binarizer PolynomialFeatures QuantileTransformer
          PowerTransformer OneHotEncoder
        sklearn.preprocessing.imputation:: Imputer
        sklearn.preprocessing.label:: LabelEncoder LabelBinarizer MultiLabelBinarizer
        sklearn.random_projection:: BaseRandomProjection GaussianRandomProjection SparseRandomProjection
        sklearn.semi_supervised._label_propagation:: BaseLabelPropagation LabelPropagation LabelSpreading
        sklearn.semi_supervised._self_training:: SelfTrainingClassifier
        sklearn.svm._base:: BaseLibSVM BaseSVC
        sklearn.svm._classes:: LinearSVC LinearSVR SVC NuSVC SVR NuSVR OneClassSVM
        sklearn.svm.classes:: SVC SVR NuSVC NuSVR LinearSVC LinearSVR OneClassSVM
        sklearn.tree._classes:: BaseDecisionTree DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor
        sklearn.tree._tree: Tree
        sklearn.tree.tree:: DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor
        sklearn.tree.tree._tree: Tree
        sklearn.utils:: Bunch
        sklearn.utils._bunch:: Bunch
        sklearn.utils._fast_dict: IntFloatDict
        sklearn.utils._metadata_requests:: MetadataRequest MethodMetadataRequest RequestMethod MetadataRouter
        sklearn.utils._param_validation:: _Constraint _InstancesOf _NoneConstraint _NanConstraint _PandasNAConstraint Options StrOptions Interval _ArrayLikes
          _SparseMatrices _Callables _RandomStates _Booleans _VerboseHelper _MissingValues HasMethods _IterablesNotString _CVObjects Hidden
        sklearn.utils._tags:: Tags InputTags TargetTags ClassifierTags RegressorTags TransformerTags
        """;
}
