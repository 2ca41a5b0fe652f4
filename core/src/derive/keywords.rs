//! What is found in which part of a shop. Singular; the order within a line means nothing.

use super::aisles::Aisle;

/// Keywords of each aisle, parted by commas. Each is one thing to buy; a longer one names an
/// exception to a shorter one, as ice cream is one to cream.
pub(super) const KEYWORDS: &[(Aisle, &str)] = &[
    (
        Aisle::Produce,
        "apple,apricot,artichoke,arugula,asparagus,aubergine,avocado,banana,basil,bean sprout,\
         beet,beetroot,bell pepper,berry,blackberry,blueberry,bok choy,broccoli,brussels sprout,\
         cabbage,cantaloupe,carrot,cauliflower,celery,chard,cherry,cherry tomato,chili,chilli,\
         chive,cilantro,clementine,coconut,collard green,coriander,corn on the cob,courgette,\
         cranberry,cress,cucumber,date,dill,dragon fruit,eggplant,endive,fennel,fig,fruit,garlic,\
         ginger,grape,grapefruit,green bean,green onion,herb,honeydew,jalapeno,jalapeño,kale,kiwi,\
         kohlrabi,leek,lemon,lemongrass,lettuce,lime,lychee,mandarin,mango,melon,mint,mushroom,\
         nectarine,okra,onion,orange,oregano,papaya,parsley,parsnip,passion fruit,peach,pear,pea,\
         pepper,persimmon,pineapple,plantain,plum,pomegranate,potato,produce,pumpkin,radicchio,\
         radish,raspberry,red onion,red pepper,rhubarb,rocket,romaine,rosemary,sage,salad,\
         satsuma,scallion,shallot,snap pea,spinach,spring onion,sprout,squash,strawberry,\
         sugar snap,sweet potato,swede,sweetcorn,tangerine,thyme,tomato,turnip,vegetable,veg,\
         veggie,watercress,watermelon,yam,zucchini,butternut squash,sunflower,flower,tulip,\
         bouquet,salad mix,iceberg,chicory,celeriac,green pepper,yellow pepper,mixed green",
    ),
    (
        Aisle::Bakery,
        "bagel,baguette,bread,bread roll,brioche,bun,burger bun,cake,cheesecake,ciabatta,\
         cinnamon roll,croissant,cupcake,danish,donut,doughnut,english muffin,flatbread,focaccia,\
         garlic bread,hamburger bun,hot dog bun,loaf,muffin,naan,pastry,pie,pita,pita bread,\
         pretzel roll,roll,rye bread,scone,sourdough,toast,tortilla,wrap,white bread,\
         birthday cake,banana bread,brownie,crumpet,eclair",
    ),
    (
        Aisle::Deli,
        "cold cut,coleslaw,deli,deli meat,guacamole,hummus,houmous,liverwurst,mortadella,olive bar,\
         pastrami,pate,pâté,pepperoni,potato salad,prosciutto,quiche,roast beef,salami,sandwich,\
         serrano,sliced ham,sliced turkey,spring roll,sushi,tapenade,tzatziki,pasta salad,\
         rotisserie chicken,chorizo,parma ham,lunch meat,chicken salad,egg salad,tofu,tempeh,\
         seitan,falafel",
    ),
    (
        Aisle::MeatAndSeafood,
        "anchovy fillet,bacon,beef,bratwurst,brisket,chicken,chicken breast,chicken thigh,\
         chicken wing,chop,clam,cod,crab,drumstick,duck,filet,fish,fillet,ground beef,\
         ground turkey,haddock,halibut,ham,herring,hot dog,lamb,lobster,mackerel,meat,meatball,\
         mince,mussel,octopus,oyster,pork,pork chop,prawn,rib,ribeye,salmon,sausage,scallop,\
         seafood,shrimp,sirloin,smoked salmon,squid,steak,tilapia,trout,turkey,veal,venison,\
         tuna steak,fresh tuna,calamari,burger patty,schnitzel,sea bass",
    ),
    (
        Aisle::DairyAndEggs,
        "almond milk,brie,butter,buttermilk,camembert,cheddar,cheese,clotted cream,\
         cottage cheese,cream,cream cheese,creme fraiche,crème fraîche,curd,custard,dairy,egg,\
         egg white,feta,ghee,goat cheese,gouda,greek yogurt,greek yoghurt,half and half,halloumi,\
         heavy cream,kefir,lactose free milk,margarine,mascarpone,milk,mozzarella,oat milk,\
         parmesan,provolone,quark,ricotta,skyr,sour cream,soy milk,string cheese,swiss cheese,\
         whipped cream,whipping cream,yoghurt,yogurt,coffee creamer,creamer,rice pudding,\
         sliced cheese,grated cheese,emmental,gruyere,gruyère,plant milk,soya milk,rice milk,\
         blue cheese,chocolate mousse",
    ),
    (
        Aisle::Frozen,
        "chicken nugget,fish finger,fish stick,french fry,frozen,frozen berry,frozen chicken,\
         frozen corn,frozen dinner,frozen fish,frozen fruit,frozen meal,frozen pea,frozen pizza,\
         frozen spinach,frozen vegetable,frozen veg,frozen yogurt,frozen waffle,gelato,hash brown,\
         ice,ice cream,ice cream bar,ice cream sandwich,ice cube,ice lolly,oven chip,pizza,popsicle,\
         potato wedge,puff pastry,sherbet,sorbet,tater tot,edamame,frozen shrimp,frozen bread,\
         frozen mango,frozen blueberry,frozen raspberry,frozen strawberry,frozen banana,\
         frozen salmon,frozen broccoli,frozen potato,frozen burger",
    ),
    (
        Aisle::Beverages,
        "ale,apple juice,beer,beverage,bottled water,champagne,cider,club soda,coconut water,\
         coffee,coffee bean,coffee capsule,coffee pod,coke,cola,cranberry juice,drink,\
         energy drink,espresso,fruit juice,gatorade,gin,ginger ale,ginger beer,grape juice,\
         green tea,ground coffee,herbal tea,hot chocolate,iced tea,ice tea,juice,kombucha,lager,\
         lemonade,lemon juice drink,liquor,milkshake,mineral water,orange juice,pepsi,prosecco,\
         red wine,root beer,rum,seltzer,smoothie,soda,soda water,soft drink,sparkling water,\
         sports drink,sprite,squash drink,tea,tea bag,tequila,tomato juice,tonic,tonic water,vodka,\
         water,whiskey,whisky,white wine,wine,oj,peppermint tea,ginger tea,decaf,rosé,fanta,\
         water bottle,mint tea,black tea,fruit tea,chamomile tea,lemon tea",
    ),
    (
        Aisle::Snacks,
        "almond,beef jerky,biscuit,brazil nut,candy,candy bar,caramel,cashew,cereal bar,\
         cheese cracker,chewing gum,chip,chocolate,chocolate bar,chocolate chip cookie,cookie,\
         corn chip,cracker,crisp,dark chocolate,dried apricot,dried fruit,dried mango,energy bar,\
         fruit snack,fudge,granola bar,gum,gummy,gummy bear,haribo,hazelnut,jelly bean,jerky,\
         licorice,liquorice,lollipop,m&m,macadamia,marshmallow,milk chocolate,mint candy,\
         mixed nut,nacho,nut,peanut,pecan,pistachio,popcorn,pork rind,potato chip,pretzel,\
         protein bar,prune,pumpkin seed,raisin,rice cake,rice cracker,seaweed snack,snack,\
         snack bar,sunflower seed,sweet,toffee,tortilla chip,trail mix,walnut,wafer,oreo,\
         apple chip,banana chip,muesli bar,graham cracker,white chocolate,shortbread,gingerbread",
    ),
    (
        Aisle::CannedAndJarred,
        "anchovy,applesauce,apple sauce,artichoke heart,baked bean,bamboo shoot,black bean,\
         bean,broth,can of corn,canned,canned bean,canned corn,canned fish,canned fruit,\
         canned peach,canned pineapple,canned salmon,canned soup,canned tomato,canned tuna,caper,\
         chicken broth,chicken soup,chicken stock,beef broth,beef stock,chickpea,chopped tomato,\
         coconut cream,coconut milk,crushed tomato,diced tomato,dill pickle,garbanzo bean,gherkin,\
         kidney bean,kimchi,lentil soup,navy bean,olive,passata,pickle,pickled onion,pinto bean,\
         refried bean,roasted red pepper,sardine,sauerkraut,soup,spam,stock,stock cube,\
         bouillon,bouillon cube,sun dried tomato,tin of tomato,tinned,tinned fish,tinned tomato,\
         tomato paste,tomato puree,tomato soup,tuna,vegetable broth,vegetable stock,white bean,\
         canned mushroom,water chestnut,jar of pepper,cannellini bean,butter bean,mushroom soup,\
         vegetable soup,fish stock,pickled beet,tinned peach,tinned pineapple",
    ),
    (
        Aisle::PastaRiceAndGrains,
        "arborio,barley,basmati,basmati rice,brown rice,buckwheat,bulgur,cornmeal,couscous,\
         dried bean,egg noodle,farro,fettuccine,fusilli,gnocchi,grain,lasagna,lasagne,\
         lasagna sheet,lasagne sheet,lentil,linguine,macaroni,mac and cheese,millet,noodle,orzo,\
         pasta,penne,polenta,quinoa,ramen,ravioli,red lentil,rice,rice noodle,rigatoni,\
         risotto,risotto rice,semolina,soba,spaghetti,split pea,tagliatelle,tortellini,udon,\
         vermicelli,white rice,wild rice,jasmine rice,instant noodle,taco shell,glass noodle,\
         green lentil,sushi rice,farfalle,mung bean",
    ),
    (
        Aisle::CondimentsAndSauces,
        "aioli,alfredo sauce,almond butter,apple cider vinegar,balsamic,balsamic vinegar,bbq sauce,\
         barbecue sauce,bay leaf,black pepper,cashew butter,cayenne,chili flake,chili oil,\
         chili powder,chili sauce,chutney,cinnamon stick,clove,coconut oil,condiment,cooking oil,\
         cumin,curry,curry paste,curry powder,dressing,fish sauce,garam masala,garlic powder,\
         garlic salt,gravy,harissa,hoisin,hoisin sauce,horseradish,hot sauce,italian seasoning,jam,\
         jelly,ketchup,lemon juice,lime juice,maple syrup,marinade,marinara,marmalade,mayo,\
         mayonnaise,mint sauce,miso,mustard,nutella,nutmeg,oil,olive oil,onion powder,\
         oyster sauce,paprika,pasta sauce,peanut butter,peanut oil,peppercorn,pesto,pizza sauce,\
         ranch,ranch dressing,relish,rice vinegar,saffron,salad dressing,salsa,salt,sauce,\
         sea salt,seasoning,sesame oil,soy sauce,spice,spread,sriracha,steak sauce,sunflower oil,\
         syrup,tabasco,tahini,tamari,tartar sauce,teriyaki,teriyaki sauce,tomato sauce,turmeric,\
         vegetable oil,canola oil,vinegar,vinaigrette,wasabi,white pepper,worcestershire sauce,\
         honey,ground ginger,ground cinnamon,cardamom,chocolate spread,dried oregano,dried basil,\
         dried thyme,strawberry jam,raspberry jam,cranberry sauce,apple butter,rapeseed oil,\
         tomato ketchup,oregano flake,white vinegar,wine vinegar,red wine vinegar,\
         white wine vinegar,cheese sauce,mushroom sauce,orange marmalade,avocado oil,\
         mustard seed,fennel seed,coriander seed,ground coriander,nut butter,herb salt",
    ),
    (
        Aisle::Baking,
        "agave,almond flour,baking powder,baking soda,bicarbonate of soda,bread crumb,breadcrumb,\
         bread flour,brown sugar,cake mix,cake decoration,chocolate chip,cinnamon,cocoa,\
         cocoa powder,condensed milk,confectioners sugar,corn starch,cornstarch,corn syrup,\
         cake flour,custard powder,dried yeast,evaporated milk,flour,food coloring,food colouring,\
         frosting,gelatin,gelatine,icing sugar,icing,molasses,pancake mix,brownie mix,pie crust,\
         powdered sugar,poppy seed,self raising flour,sesame seed,shortening,shredded coconut,\
         desiccated coconut,sprinkle,stevia,sugar,sweetener,vanilla,vanilla extract,\
         vanilla bean,vanilla sugar,yeast,whole wheat flour,ground almond,chia seed,flax seed,\
         linseed,coconut flour,coconut sugar,milk powder,almond extract,cupcake liner,muffin mix,\
         muffin case,baking chocolate,bread mix,pizza dough,rice flour,corn flour,cornflour,\
         birthday candle,flaked almond,almond flake",
    ),
    (
        Aisle::BreakfastAndCereal,
        "breakfast,breakfast bar,breakfast cereal,bran flake,cereal,cheerio,cornflake,corn flake,\
         cream of wheat,frosted flake,granola,grits,instant oatmeal,muesli,oat,oatmeal,\
         overnight oat,pancake,pop tart,porridge,rolled oat,porridge oat,syrup waffle,waffle,\
         weetabix,rice krispie,steel cut oat,puffed rice,oat bran,wheat bran,wheat germ",
    ),
    (
        Aisle::Household,
        "air freshener,aluminum foil,aluminium foil,all purpose cleaner,bag,baking paper,\
         baking parchment,battery,bin bag,bin liner,bleach,broom,bulb,candle,cat food,cat litter,\
         charcoal,cleaner,cleaning spray,cleaning supply,cling film,coffee filter,detergent,\
         dish soap,dishcloth,dishwasher pod,dishwasher salt,dishwasher tablet,dish sponge,\
         disinfectant,dog food,dog treat,drain cleaner,dryer sheet,dustbin bag,fabric softener,foil,\
         food storage bag,freezer bag,furniture polish,garbage bag,glass cleaner,kitchen paper,\
         kitchen roll,kitchen towel,laundry detergent,laundry pod,light bulb,lighter,match,mop,\
         napkin,oven cleaner,paper bag,paper cup,paper plate,paper towel,parchment paper,\
         pet food,plastic bag,plastic cup,plastic wrap,rinse aid,rubber glove,saran wrap,\
         sandwich bag,scouring pad,sponge,stain remover,straw,toilet bowl cleaner,toilet brush,\
         toilet cleaner,toilet paper,toilet roll,toothpick,trash bag,vacuum bag,washing powder,\
         washing up liquid,wax paper,window cleaner,ziploc,ziploc bag,ziplock bag,bird seed,\
         flea treatment,greaseproof paper,wrapping paper,gift wrap,duct tape,tape,glue,\
         washing machine cleaner,dishwashing liquid,paper napkin,water filter,descaler,vinegar cleaner,\
         bird food,fish food,puppy food,kitten food,dog biscuit,dog chew,ant trap,insect spray",
    ),
    (
        Aisle::HealthAndPersonalCare,
        "after shave,aftershave,allergy medicine,antacid,aspirin,baby food,baby formula,baby oil,\
         baby powder,baby shampoo,baby wipe,bandage,bandaid,band aid,body lotion,body wash,\
         bubble bath,conditioner,condom,contact lens solution,cotton ball,cotton bud,cotton pad,\
         cotton swab,cough drop,cough syrup,deodorant,dental floss,diaper,face cream,face mask,\
         face wash,feminine pad,first aid kit,floss,formula,hair brush,hair dye,hair gel,\
         hair spray,hairspray,hand cream,hand sanitizer,hand soap,hand wash,ibuprofen,kleenex,\
         lip balm,chapstick,lotion,makeup,makeup remover,mascara,medicine,melatonin,moisturiser,\
         moisturizer,mouthwash,multivitamin,nail file,nail polish,nail polish remover,nappy,\
         pain killer,painkiller,pantyliner,paracetamol,plaster,prescription,probiotic,\
         protein powder,pull up,q tip,razor,razor blade,sanitary pad,sanitary towel,shampoo,\
         shaving cream,shaving foam,shaving gel,shower gel,soap,soap bar,sun cream,suncream,\
         sunscreen,supplement,tampon,tissue,toothbrush,toothpaste,tylenol,vaseline,vitamin,\
         vitamin c,vitamin d,wet wipe,fish oil,cod liver oil,eye drop,nasal spray,\
         nose spray,throat lozenge,lozenge,thermometer,tweezer,omega 3,magnesium,zinc,iron tablet,\
         mouth wash,hair conditioner,hair mask,bath salt,epsom salt,perfume,lipstick,foundation,\
         tea tree oil,massage oil,body butter,body oil,almond oil,hand lotion",
    ),
];
